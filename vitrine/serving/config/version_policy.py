"""Version policies: the versions of a model to serve, and the next step towards them."""

from collections.abc import Iterable, Set
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Latest:
    """The policy to serve the `count` highest versions."""

    count: int = 1


@dataclass(frozen=True)
class All:
    """The policy to serve every version."""


@dataclass(frozen=True)
class Specific:
    """The policy to serve these versions, as far as they are available."""

    versions: frozenset[int]


Policy = Latest | All | Specific


@dataclass(frozen=True)
class Action:
    """The next step: load or unload a version."""

    verb: Literal["load", "unload"]
    version: int


def aspired(policy: Policy, available: Iterable[int]) -> frozenset[int]:
    """Return the versions that `policy` selects among the `available` ones."""
    match policy:
        case Latest(count):
            return frozenset(sorted(available, reverse=True)[:count])
        case All():
            return frozenset(available)
        case Specific(versions):
            return versions.intersection(available)


def next_action(loaded: Set[int], wanted: Set[int]) -> Action | None:
    """Return the next step from the `loaded` versions towards the `wanted` ones, or None once they are equal.

    The order is that of TF Serving's `availability_preserving_policy.cc`: unwanted versions are unloaded, lowest first,
    once a wanted one is loaded; missing versions are loaded, highest first.
    """
    surplus, missing = loaded - wanted, wanted - loaded
    if surplus and (not wanted or wanted & loaded):
        return Action("unload", min(surplus))
    if missing:
        return Action("load", max(missing))
    return None
