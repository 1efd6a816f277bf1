"""Which versions of a model should be served, and what to do next to get there."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Latest:
    """The `count` highest versions there are."""

    count: int = 1


@dataclass(frozen=True)
class All:
    """Every version there is."""


@dataclass(frozen=True)
class Specific:
    """These versions, as far as they are there."""

    versions: frozenset[int]


Policy = Latest | All | Specific


@dataclass(frozen=True)
class Action:
    """What to do with a version."""

    verb: Literal["load", "unload"]
    version: int


def aspired(policy: Policy, found: Iterable[int]) -> frozenset[int]:
    """The versions among those `found` that `policy` wants to be served."""
    match policy:
        case Latest(count):
            return frozenset(sorted(found, reverse=True)[:count])
        case All():
            return frozenset(found)
        case Specific(versions):
            return versions.intersection(found)


def next_action(loaded: Set[int], wanted: Set[int]) -> Action | None:
    """The step from the versions `loaded` towards those `wanted`, or None once they are the same.

    As TF Serving's `availability_preserving_policy.cc` has it: what is no longer wanted is unloaded, lowest first, but
    not before something wanted is there; what is missing is loaded, highest first.
    """
    surplus, missing = loaded - wanted, wanted - loaded
    if surplus and (not wanted or wanted & loaded):
        return Action("unload", min(surplus))
    if missing:
        return Action("load", max(missing))
    return None
