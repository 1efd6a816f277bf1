"""The hub's repositories, as settings name them. Imports nothing heavy."""

import re
from typing import Final, Literal, NamedTuple

from vitrine.errors import ConfigError

HUB: Final = "hub:"
DEFAULT_REVISION: Final = "main"
COMMIT: Final = re.compile(r"[0-9a-f]{40}")
_PART: Final = r"[A-Za-z0-9][\w.-]*"
_SOURCE: Final = re.compile(rf"hub:({_PART}/{_PART})(?:@([\w./-]+))?")


class Repository(NamedTuple):
    """A repository and one of its revisions: a branch, a tag or a commit."""

    name: str
    revision: str
    kind: Literal["model", "dataset"] = "model"

    def __str__(self) -> str:
        return f"{self.name}@{self.revision}"


def repository(source: str) -> Repository:
    """Return the repository of a source.

    Raises:
        ConfigError: it is not of the form `hub:ORG/NAME` or `hub:ORG/NAME@REVISION`.
    """
    match = _SOURCE.fullmatch(source)
    if match is None or ".." in source:
        raise ConfigError(f"'{source}' is not of the form 'hub:ORG/NAME' or 'hub:ORG/NAME@REVISION'")
    return Repository(match[1], match[2] or DEFAULT_REVISION)
