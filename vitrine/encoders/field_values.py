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


def positive_int(value: object, where: str) -> int:
    """Return the value of a field that must be a positive whole number; `where` names the field.

    Raises:
        DataError: it is not one.
    """
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise DataError(f"{where}: expected a positive whole number, found {value!r}")
    return value


def json_object(value: object, where: str) -> Json:
    """Return the value of a field that must be an object; `where` names the field.

    Raises:
        DataError: it is not one.
    """
    if not isinstance(value, dict):
        raise DataError(f"{where}: expected an object, found {type(value).__name__}")
    return value


def strings(value: object, where: str) -> list[str]:
    """Return the value of a field that must be a list of strings; `where` names the field.

    Raises:
        DataError: it is not one.
    """
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise DataError(f"{where}: expected a list of strings, found {value!r}")
    return value


def added_tokens(settings: Json, where: str) -> dict[int, str]:
    """Return the tokens of `added_tokens_decoder` in a `tokenizer_config.json` by their ids.

    Raises:
        DataError: it is not an object of tokens with 'content'.
    """
    try:
        listed = (settings.get("added_tokens_decoder") or {}).items()
        return {int(index): str(token["content"]) for index, token in listed}
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        raise DataError(f"{where}: added_tokens_decoder is not an object of tokens with 'content' ({error})") from None


def token_limit(value: object, where: str) -> int | float | None:
    """Return the value of a field that bounds a text's tokens; None and 0 are no bound; `where` names the field.

    `transformers` writes 1e30, a number that is not whole in JSON, where it has no bound.

    Raises:
        DataError: it is less than 1, or not a number.
    """
    if value is None or value == 0:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 1:
        raise DataError(f"{where}: expected a number of tokens, found {value!r}")
    return value
