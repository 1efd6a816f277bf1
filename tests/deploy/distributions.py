"""Parts of this environment: the distributions of an image that installs some packages of the lock."""

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_INSTALLED = {"torch", "sentence-transformers"}
"""Distributions that overrides in pyproject.toml leave out."""


def lock_versions(lock: str) -> dict[str, str]:
    """Return the versions in the text of a lock, by name."""
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\\n]+)", lock, re.MULTILINE))


def closure(requirements: list[str]) -> set[str]:
    """Return the names of the installed distributions that `requirements` name or need."""
    extras_of: dict[str, set[str]] = {}
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        requirement = waiting.pop()
        name = canonicalize_name(requirement.name)
        new = requirement.extras | {""}
        if name in NOT_INSTALLED or new <= extras_of.get(name, set()):
            continue
        extras_of[name] = extras_of.get(name, set()) | new
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in extras_of[name]):
                waiting.append(needed)
    return set(extras_of)


def link(names: set[str], target: Path) -> None:
    """Link the files of these distributions, and of no others, into `target`, a folder like site-packages."""
    for name in names:
        for file in distribution(name).files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                if not (target / file).exists():
                    (target / file).symlink_to(file.locate())
