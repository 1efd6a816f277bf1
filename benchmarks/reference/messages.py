"""Messages between the reference's process and its callers, as lines of JSON.

Beside JSON's types, a value may be an array, bytes or a path, also inside lists and dictionaries. Nothing is pickled.
"""

import base64
import io
import json
from pathlib import Path
from typing import Any, Final

import numpy as np

ARRAY: Final = "__array__"
BYTES: Final = "__bytes__"


def dumps(value: Any) -> str:
    """Return `value` as one line; paths become strings.

    Raises:
        TypeError: a value has an unsupported type.
    """
    return json.dumps(value, default=_encoded)


def loads(line: str | bytes) -> Any:
    """Return the value of a line."""
    return json.loads(line, object_hook=_decoded)


def _encoded(value: object) -> Any:
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, bytes):
        return {BYTES: base64.b64encode(value).decode("ascii")}
    if isinstance(value, np.ndarray | np.generic):
        file = io.BytesIO()
        np.save(file, np.asarray(value), allow_pickle=False)
        return {ARRAY: base64.b64encode(file.getvalue()).decode("ascii")}
    raise TypeError(f"{type(value).__name__} cannot be a part of a message")


def _decoded(fields: dict[str, Any]) -> Any:
    if fields.keys() == {BYTES}:
        return base64.b64decode(fields[BYTES])
    if fields.keys() == {ARRAY}:
        return np.load(io.BytesIO(base64.b64decode(fields[ARRAY])), allow_pickle=False)
    return fields
