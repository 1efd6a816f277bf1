"""What a release does to the labels of a model, and in which order that may be written.

`stable` is what everyone is to be answered by, `canary` a version on trial beside it, and `previous` the one that was
stable before. After a promotion `canary` stays with the new stable version, so that whoever asks for it is answered.
"""

from collections.abc import Mapping, Set
from typing import Final, NamedTuple

from vitrine.errors import ConfigError

STABLE: Final = "stable"
CANARY: Final = "canary"
PREVIOUS: Final = "previous"

Labels = Mapping[str, int]


class State(NamedTuple):
    """What a file may say at a time: the versions to serve, and their labels."""

    versions: frozenset[int]
    labels: Labels


def canary(labels: Labels, version: int) -> Labels:
    """The labels once `version` is on trial. Raises ConfigError where there is no stable one beside it."""
    if STABLE not in labels:
        raise ConfigError(
            "no version is labelled stable, so all clients would get the canary; "
            "`vitrine release promote --version N` labels the one that is served"
        )
    if labels[STABLE] == version:
        raise ConfigError(f"version {version} is stable already")
    return {**labels, CANARY: version}


def promote(labels: Labels, version: int | None = None) -> Labels:
    """The labels once `version`, or else the canary, is stable. Raises ConfigError where there is neither."""
    if version is None:
        version = labels.get(CANARY)
    if version is None:
        raise ConfigError(
            "there is no canary to promote; `vitrine release canary --version N` makes N one, and --version N promotes "
            "N as it is"
        )
    if labels.get(STABLE) == version:
        return labels
    promoted = {**labels, STABLE: version}
    if STABLE in labels:
        promoted[PREVIOUS] = labels[STABLE]
    if CANARY in labels:
        promoted[CANARY] = version
    return promoted


def rollback(labels: Labels) -> Labels:
    """The labels without the canary, and where none is on trial, with the previous version as the stable one.

    Raises ConfigError where there is neither.
    """
    kept = {label: version for label, version in labels.items() if label != CANARY}
    if CANARY in labels and labels[CANARY] != labels.get(STABLE):
        return kept
    if PREVIOUS not in labels:
        raise ConfigError("there is no canary to drop, and no version is labelled previous, to go back to")
    return {**{label: version for label, version in kept.items() if label != PREVIOUS}, STABLE: labels[PREVIOUS]}


def states(loaded: Set[int], before: Labels, after: Labels) -> tuple[State, State, State]:
    """What to write one after the other, to get from `before`, with the versions `loaded`, to `after`.

    First everything is loaded that will have a label, then the labels move, then what has lost its last label is
    unloaded: a label can only move to a version that serves, and a request for it must find one at any moment.
    Versions that never had a label are left alone.
    """
    wide = frozenset(loaded).union(after.values())
    narrow = wide - (frozenset(before.values()) - frozenset(after.values()))
    return State(wide, before), State(wide, after), State(narrow, after)
