"""A quick look at the bytes of strings, which spares most texts the slower checks of regular expressions."""

from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]

SPACES: Final = (
    *("\u00a0", "\u1680", "\u202f", "\u205f", "\u3000", "\ufeff"),
    *map(chr, range(0x2000, 0x200C)),
)
"""Spaces beyond ASCII, and those that nobody sees."""

BREAKS: Final = ("\u2028", "\u2029")
"""Line ends beyond the control characters."""


def is_printable_ascii(column: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether all strings [N] have printable ASCII characters only: no controls, and nothing beyond ASCII."""
    return all(not text.size or bool(text.min() >= 0x20 and text.max() < 0x7F) for text in _bytes(column))


def has_byte(column: pa.Array | pa.ChunkedArray, character: str) -> bool:
    """Return whether any of the strings [N] has a character of ASCII."""
    return any(bool((text == ord(character)).any()) for text in _bytes(column))


def has_controls(column: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether any of the strings [N] has a control character, of ASCII or C1, or one of `BREAKS`."""
    return any(_has_controls(text) or _has_any(text, BREAKS) for text in _bytes(column))


def has_odd_spaces(column: pa.Array | pa.ChunkedArray) -> bool:
    """Return whether any of the strings [N] has control characters, or one of `SPACES` and `BREAKS`."""
    return any(_has_controls(text) or _has_any(text, (*SPACES, *BREAKS)) for text in _bytes(column))


def _has_controls(text: Bytes) -> bool:
    if not text.size:
        return False
    if text.min() < 0x20 or (text == 0x7F).any():
        return True
    following = text[np.flatnonzero(text[:-1] == 0xC2) + 1]  # of C1, U+0080 to U+009F
    return bool((following < 0xA0).any())


def _has_any(text: Bytes, characters: tuple[str, ...]) -> bool:
    """Return whether UTF-8 text has one of the characters, which are not ASCII."""
    if not text.size or text.max() < 0x80:
        return False
    encoded = [character.encode() for character in characters]
    leads = np.zeros(256, bool)
    leads[[code[0] for code in encoded]] = True
    places = np.flatnonzero(leads[text])
    if not places.size:
        return False
    padded = np.append(text, np.zeros(2, np.uint8))
    # The first byte tells whether a character has two bytes or three.
    third = np.where(padded[places] < 0xE0, 0, padded[places + 2])
    found = (padded[places].astype(np.int32) << 16) | (padded[places + 1].astype(np.int32) << 8) | third
    return bool(np.isin(found, [int.from_bytes(code.ljust(3, b"\0"), "big") for code in encoded]).any())


def _bytes(column: pa.Array | pa.ChunkedArray) -> list[Bytes]:
    """Return the UTF-8 bytes of each chunk's strings, one after the other, without a copy."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    return [_chunk_bytes(chunk) for chunk in chunks]


def _chunk_bytes(chunk: pa.Array) -> Bytes:
    _, offsets, data = chunk.buffers()
    if not len(chunk) or data is None:
        return np.empty(0, np.uint8)
    bounds = np.frombuffer(offsets, np.int64 if pa.types.is_large_string(chunk.type) else np.int32)
    return np.frombuffer(data, np.uint8)[bounds[chunk.offset] : bounds[chunk.offset + len(chunk)]]
