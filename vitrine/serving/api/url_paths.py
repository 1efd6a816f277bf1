"""URL paths of the REST API, with the patterns of TF Serving's `http_rest_api_util.cc`."""

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from vitrine.saved_model.status import invalid

_TARGET: Final = r"/v1/models/(?P<model>[^/:]+)(?:/versions/(?P<version>\d+)|/labels/(?P<label>[^/:]+))?"
_POST: Final = re.compile(rf"{_TARGET}:(?P<verb>classify|regress|predict)", re.IGNORECASE | re.ASCII)
_GET: Final = re.compile(rf"(?:{_TARGET}|/v1/models)(?:/(?P<verb>metadata))?", re.IGNORECASE | re.ASCII)
_LARGEST: Final = 2**63 - 1


@dataclass(frozen=True)
class Target:
    """The model, version or label of a request, and its verb: predict, classify, regress, metadata or status."""

    model: str
    version: int | None
    label: str | None
    verb: str


def parse_path(method: str, path: str) -> Target:
    """Parse the percent-encoded `path` of a request.

    Raises:
        ApiError: INVALID_ARGUMENT for a path or a method that the API does not have.
    """
    pattern = {"POST": _POST, "GET": _GET}.get(method)
    match = pattern.fullmatch(path) if pattern else None
    if match is None:
        raise invalid(f"Malformed request: {method} {path}")
    if not match["model"]:
        raise invalid("Missing model name in request.")
    version = int(match["version"]) if match["version"] else None
    if version is not None and version > _LARGEST:
        raise invalid(f"Failed to convert version: {match['version']} to numeric.")
    label = unquote(match["label"]) if match["label"] else None
    return Target(unquote(match["model"]), version, label, (match["verb"] or "status").lower())
