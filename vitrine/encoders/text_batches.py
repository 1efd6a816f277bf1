"""Batches of texts of similar length, which need little padding, and vectors in the caller's order."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import numpy.typing as npt

from vitrine.errors import DataError

BATCH_BYTES = 16_384
"""Bound on a batch's size times the bytes of its longest text, and so on the memory of one batch."""
MAX_BATCH = 32
"""Bound on a batch's size. In larger batches, padding costs more than fewer batches save."""


def text_bytes(texts: Sequence[str | bytes]) -> list[bytes]:
    """Return every text as UTF-8 bytes.

    Raises:
        DataError: a text is neither str nor UTF-8 bytes; the message has its position.
    """
    if isinstance(texts, str | bytes):
        raise DataError("texts: expected a sequence of texts, got one text; put it in a list")
    return [_utf8(position, text) for position, text in enumerate(texts)]


def _utf8(position: int, text: str | bytes) -> bytes:
    try:
        if isinstance(text, str):
            return text.encode("utf-8")
        if isinstance(text, bytes):
            text.decode("utf-8")
            return text
    except UnicodeError as error:
        raise DataError(f"texts[{position}]: not valid UTF-8: {error}") from None
    raise DataError(f"texts[{position}]: expected str or bytes, got {type(text).__name__}")


def embed_in_batches(
    texts: Sequence[str | bytes], dimension: int, longest: int, embed: Callable[[list[bytes]], npt.NDArray[np.float32]]
) -> npt.NDArray[np.float32]:
    """Embed texts in batches of similar length. Repeated texts are computed once.

    Args:
        texts: N texts.
        dimension: D.
        longest: bytes from which on a text's length no longer changes its cost.
        embed: function from B texts to float32 [B, D].

    Returns:
        float32 [N, D] in the order of `texts`.
    """
    encoded = text_bytes(texts)
    distinct = sorted(set(encoded), key=len)
    vectors = np.zeros((len(distinct), dimension), np.float32)
    for start, end in length_batches([min(len(text), longest) for text in distinct]):
        vectors[start:end] = embed(distinct[start:end])
    row = {text: index for index, text in enumerate(distinct)}
    return vectors[[row[text] for text in encoded]] if encoded else vectors


def length_batches(lengths: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield the batches, as start and end, of texts with these lengths in bytes, in ascending order."""
    start = 0
    for end in range(1, len(lengths) + 1):
        full = end == len(lengths) or end - start == MAX_BATCH
        if full or (end - start + 1) * lengths[end] > BATCH_BYTES:
            yield start, end
            start = end
