"""The label moves of a release, and the order in which they may be written.

`stable` is the version for all clients, `canary` a version on trial beside it, and `previous` the last stable version.
After a promotion `canary` stays with the new stable version, so that requests for it do not fail.
"""

from collections.abc import Mapping, Set
from typing import Final, NamedTuple

from vitrine.errors import ConfigError

STABLE: Final = "stable"
CANARY: Final = "canary"
PREVIOUS: Final = "previous"

Labels = Mapping[str, int]


class State(NamedTuple):
    """A state of the configuration file: the versions to serve, and their labels."""

    versions: frozenset[int]
    labels: Labels


def canary(labels: Labels, version: int) -> Labels:
    """Return the labels with `version` as the canary. Raises ConfigError if no other version is stable."""
    if STABLE not in labels:
        raise ConfigError(
            "no version is labelled stable, so all clients would get the canary; "
            "`vitrine release promote --version N` labels the one that is served"
        )
    if labels[STABLE] == version:
        raise ConfigError(f"version {version} is stable already")
    return {**labels, CANARY: version}


def promote(labels: Labels, version: int | None = None) -> Labels:
    """Return the labels with `version`, by default the canary, as the stable one. Raises ConfigError without either."""
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
    """Return the labels without the canary or, if none is on trial, with the previous version as the stable one.

    Raises ConfigError if there is neither a canary nor a previous version.
    """
    without_canary = {label: version for label, version in labels.items() if label != CANARY}
    if CANARY in labels and labels[CANARY] != labels.get(STABLE):
        return without_canary
    if PREVIOUS not in labels:
        raise ConfigError("there is no canary to drop, and no version is labelled previous, to go back to")
    return {
        **{label: version for label, version in without_canary.items() if label != PREVIOUS},
        STABLE: labels[PREVIOUS],
    }


def transition_states(loaded: Set[int], before: Labels, after: Labels) -> tuple[State, State, State]:
    """Return the states to write, in this order, to get from the labels `before` to `after`.

    All versions that will have a label are loaded first, then the labels move, and then the versions that have lost
    their last label are unloaded: a label can only move to a loaded version, and it must have one at any time. Versions
    without a label stay as they are. `loaded` are the versions that are served now.
    """
    wide = frozenset(loaded).union(after.values())
    narrow = wide - (frozenset(before.values()) - frozenset(after.values()))
    return State(wide, before), State(wide, after), State(narrow, after)
