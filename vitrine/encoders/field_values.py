"""Checks of the values of fields in a checkpoint's JSON files, with errors of one line."""

from typing import TypeVar

from pydantic import BaseModel, ValidationError

from vitrine.encoders.checkpoint import Json
from vitrine.errors import DataError

Model = TypeVar("Model", bound=BaseModel)


def validated(kind: type[Model], fields: Json, where: str) -> Model:
    """Return the fields as a model of `kind`.

    Raises:
        DataError: a field is missing, or has a value that is not supported.
    """
    try:
        return kind.model_validate(fields)
    except ValidationError as error:
        first = error.errors()[0]
        place = [where, *([".".join(map(str, first["loc"]))] if first["loc"] else [])]
        raise DataError(": ".join([*place, first["msg"].removeprefix("Value error, ")])) from None
