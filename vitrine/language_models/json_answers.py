"""JSON in the answers of language models, which wrap it in code fences, or write their reasoning before it."""

import json
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

MAX_BRACES: Final = 100
"""Opening braces of a text that are tried, so that no answer takes long."""


def json_values(text: str) -> Iterator[object]:
    """Yield the values that an answer may mean: its text, if that is JSON, and the objects in it, the last first."""
    with suppress(ValueError, RecursionError):
        yield json.loads(text)
    yield from reversed(_objects(text))


def _objects(text: str) -> list[object]:
    objects: list[object] = []
    decoder, start = json.JSONDecoder(), text.find("{")
    for _ in range(MAX_BRACES):
        if start < 0:
            break
        try:
            value, end = decoder.raw_decode(text, start)
            objects.append(value)
        except (ValueError, RecursionError):
            end = start + 1
        start = text.find("{", end)
    return objects
