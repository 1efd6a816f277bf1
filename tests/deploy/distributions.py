"""Parts of this environment: what an image that installs some packages of the lock has, and nothing else."""

import re
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_THERE = {"torch", "sentence-transformers"}
"""Overridden in pyproject.toml."""


def lock_versions(lock: str) -> dict[str, str]:
    """Versions by name, of a lock's text."""
    return dict(re.findall(r"^([\w.-]+)==([^ ;\\\n]+)", lock, re.MULTILINE))


def closure(requirements: list[str]) -> set[str]:
    """The names of the distributions that `requirements` need, themselves included, as they are installed here."""
    found: dict[str, set[str]] = {}
    waiting = [Requirement(one) for one in requirements]
    while waiting:
        one = waiting.pop()
        name = canonicalize_name(one.name)
        new = one.extras | {""}
        if name in NOT_THERE or new <= found.get(name, set()):
            continue
        found[name] = found.get(name, set()) | new
        for text in distribution(name).requires or []:
            needed = Requirement(text)
            if needed.marker is None or any(needed.marker.evaluate({"extra": extra}) for extra in found[name]):
                waiting.append(needed)
    return set(found)


def link(names: set[str], target: Path) -> None:
    """Make `target` what site-packages would be with these distributions only. Their files are linked, not copied."""
    for name in names:
        for file in distribution(name).files or []:
            if ".." not in file.parts and file.suffix != ".pyc":
                (target / file).parent.mkdir(parents=True, exist_ok=True)
                if not (target / file).exists():
                    (target / file).symlink_to(file.locate())
