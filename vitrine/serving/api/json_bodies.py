"""Request and response bodies: JSON with NaN and Infinity, as TF Serving allows, and its parse errors."""

import json
import math
import zlib
from typing import Final

import orjson
from pydantic import JsonValue

from vitrine.saved_model.status import ApiError, invalid

# Messages of RapidJSON, TF Serving's parser, by those of Python's json.
_PARSE_ERRORS: Final = {
    "Expecting value": "Invalid value.",
    "Expecting ',' delimiter": "Missing a comma or } after an object member.",
    "Expecting ':' delimiter": "Missing a colon after a name of object member.",
    "Expecting property name enclosed in double quotes": "Missing a name for object member.",
    "Illegal trailing comma before end of object": "Missing a name for object member.",
    "Illegal trailing comma before end of array": "Invalid value.",
    "Extra data": "The document root must not be followed by other values.",
    "Unterminated string starting at": "Missing a closing quotation mark in string.",
    "Invalid \\escape": "Invalid escape character in string.",
    "Invalid \\uXXXX escape": "Incorrect hex digit after \\u escape in string.",
    "Invalid control character at": "Invalid encoding in string.",
}
_SEARCHED_CHARACTERS: Final = 2**18
"""Characters before a parse error that are searched for the bracket that it is in; beyond, an object is assumed."""
_EXCERPT_CHARACTERS: Final = 400
"""Characters of an invalid value that an error message quotes."""


def parse_object(body: bytes) -> dict[str, JsonValue]:
    """Parse the JSON object in `body`. `NaN`, `Infinity` and `-Infinity` are numbers, as in TF Serving.

    Raises:
        ApiError: INVALID_ARGUMENT for an empty body, malformed JSON, or JSON that is not an object.
    """
    if not body:
        raise invalid("JSON Parse error: The document is empty")
    try:
        document: JsonValue = orjson.loads(body)
    except orjson.JSONDecodeError:
        document = _parse_leniently(body)
    if not isinstance(document, dict):
        raise invalid(f"JSON Value: {excerpt(document)} Is not object")
    return document


def _parse_leniently(body: bytes) -> JsonValue:
    """Parse JSON that orjson refuses: accept NaN and Infinity, and report other errors with their offset in bytes."""
    try:
        document: JsonValue = json.loads(body.decode("utf-8-sig"), parse_float=_finite)
    except UnicodeDecodeError as error:
        raise invalid(f"JSON Parse error: Invalid encoding in string. at offset: {error.start}") from None
    except RecursionError:
        raise invalid("JSON Parse error: Terminate parsing due to nesting that is too deep.") from None
    except json.JSONDecodeError as error:
        if not error.doc.strip():
            raise invalid("JSON Parse error: The document is empty") from None
        name = error.msg.split(":")[0] if error.msg.startswith(("Invalid \\", "Invalid control")) else error.msg
        message = _PARSE_ERRORS.get(name, error.msg)
        if name == "Expecting ',' delimiter" and error.pos < _SEARCHED_CHARACTERS and _in_array(error.doc, error.pos):
            message = "Missing a comma or ] after an array element."
        offset = len(error.doc[: error.pos].encode())
        raise invalid(f"JSON Parse error: {message} at offset: {offset}") from None
    return document


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise invalid("JSON Parse error: Number too big to be stored in double.")
    return number


def _in_array(document: str, position: int) -> bool:
    """Return whether the innermost bracket open at `position` is a list's, ignoring brackets inside strings."""
    open_brackets: list[str] = []
    in_string = escaped = False
    for character in document[:position]:
        if in_string:
            in_string = escaped or character != '"'
            escaped = character == "\\" and not escaped
        elif character == '"':
            in_string = True
        elif character in "[{":
            open_brackets.append(character)
        elif character in "]}" and open_brackets:
            open_brackets.pop()
    return bool(open_brackets) and open_brackets[-1] == "["


def excerpt(value: JsonValue) -> str:
    """Format `value` as indented JSON for an error message, cut when long."""
    text = ""
    try:
        for part in json.JSONEncoder(indent=4, ensure_ascii=False).iterencode(value):
            text += part
            if len(text) > _EXCERPT_CHARACTERS:  # the rest of a large value is never written
                break
    except RecursionError:
        return "…"
    return text if len(text) <= _EXCERPT_CHARACTERS else f"{text[:_EXCERPT_CHARACTERS]}…"


def error_body(message: str) -> bytes:
    """Format the body of an error: `{"error": message}`."""
    return orjson.dumps({"error": message.encode(errors="replace").decode()})


def gunzip(body: bytes, limit: int) -> bytes:
    """Decompress a gzip body to at most `limit` bytes.

    Raises:
        ApiError: INVALID_ARGUMENT when `body` is not gzip, with HTTP status 413 when its content is larger.
    """
    decompressor = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = decompressor.decompress(body, limit + 1)
    except zlib.error:
        raise invalid("The body is not gzip, though Content-Encoding says so.") from None
    if len(content) > limit:
        raise too_large(limit)
    if not decompressor.eof:
        raise invalid("The gzip body is cut short.")
    return content


def too_large(limit: int) -> ApiError:
    """Return the error for a body of more than `limit` bytes, HTTP status 413."""
    return ApiError("INVALID_ARGUMENT", f"The request body is larger than the limit of {limit} bytes.", status=413)
