"""Checks of the JSON files of sentence encoders: fields that would change what is computed are refused."""

from collections.abc import Mapping
from typing import Final

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.errors import DataError

EMPTY: Final[tuple[object, ...]] = (None, False, 0, "", {}, [])
"""Values that mean that something is not in use."""


def require(fields: Json, allowed: Mapping[str, tuple[object, ...]], where: str) -> None:
    """Check that each field of `allowed` is missing or has one of its values.

    Raises:
        DataError: a field has another value.
    """
    for key, values in allowed.items():
        if key in fields and fields[key] not in values:
            wanted = " or ".join(map(repr, values[:2]))
            raise DataError(f"{where}: {key} is {fields[key]!r}, which is not supported; {wanted} is")


def require_known(fields: Json, known: tuple[str, ...], where: str) -> None:
    """Check that there is no field but the known ones.

    Raises:
        DataError: a field is not known, and might change the vectors.
    """
    unknown = [key for key in fields if key not in known]
    if unknown:
        raise DataError(
            f"{where}: the field '{unknown[0]}' is not known, and may change the vectors; remove it if it does not"
        )


def optional_json(checkpoint: Checkpoint, name: str) -> Json:
    """Return the object of a file, or an empty one if the checkpoint has no such file."""
    return checkpoint.json(name) if name in checkpoint.files else {}
