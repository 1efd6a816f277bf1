"""Per-character rules of the `tokenizers` library as lookup tables in the graph.

Unicode's properties, and with them token ids, differ between versions of libraries. Therefore the rules are measured:
every character is passed through the library once, and the results become a table of TensorFlow constants.
"""

import functools
from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tokenizers import normalizers

COUNT: Final = 0x110000
BLOCK: Final = 256
SEPARATOR: Final = "\ua66e"
"""A letter that no rule changes, which separates many characters in one string."""

_SAME: Final = -1
_NONE: Final = -2


def probes() -> list[int]:
    """Return the code points to measure.

    These are all code points of planes 0 to 3, of the tags and of the last blocks of the private planes, and elsewhere
    the first of each block, since such blocks are uniform. Surrogates are omitted, since they do not occur in UTF-8.
    """
    single = range(0x34000, COUNT, BLOCK)
    every = [*range(0xD800), *range(0xE000, 0x34000), *range(0xE0000, 0xE1000)]
    ends = [*range(0xFFF00, 0x100000), *range(0x10FF00, 0x110000)]
    return sorted({*every, *single, *ends} - {ord(SEPARATOR)})


class Table(NamedTuple):
    """The replacement of every code point. Blocks with equal replacements share their rows."""

    rows: npt.NDArray[np.int32]
    """Replacements, int32 [R, width]."""
    block_start: npt.NDArray[np.int32]
    """The row of each block's first code point, int32 [COUNT / BLOCK]."""


def measure(rule: Callable[[str], str]) -> dict[int, str]:
    """Return the result of a context-free `rule` on strings for each probed code point."""
    points = probes()
    outcomes = rule(SEPARATOR.join(map(chr, points))).split(SEPARATOR)
    return dict(zip(points, outcomes, strict=True))


def tabulate(outcomes: dict[int, str]) -> Table:
    """Make a table of the result for each probed code point. The rest of a block with one probe behaves like it."""
    points = np.fromiter(outcomes, np.int64)
    lengths = np.fromiter(map(len, outcomes.values()), np.int64)
    width = int(lengths.max())
    codes = np.frombuffer("".join(outcomes.values()).encode("utf-32-le"), np.int32)
    source = np.repeat(points, lengths)
    place = np.arange(len(codes)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    rows = np.full((COUNT, width), _NONE, np.int32)
    rows[:, 0] = _SAME
    rows[points] = _NONE
    rows[source, place] = np.where(codes == source, _SAME, codes)
    blocks = rows.reshape(-1, BLOCK, width)
    probed = np.bincount(points // BLOCK, minlength=len(blocks))
    blocks[probed == 1] = blocks[probed == 1][:, :1]
    distinct: dict[bytes, int] = {}
    starts = [distinct.setdefault(block.tobytes(), len(distinct)) * BLOCK for block in blocks]
    return Table(np.frombuffer(b"".join(distinct), np.int32).reshape(-1, width), np.array(starts, np.int32))


@functools.cache
def lower_case() -> Table:
    """Return the table of characters in lower case."""
    return tabulate(measure(normalizers.Lowercase().normalize_str))


class CodepointMap(tf.Module):
    """Replacement of every code point by none, one or several others."""

    def __init__(self, table: Table):
        super().__init__()
        self._rows = tf.constant(table.rows)
        self._block_start = tf.constant(table.block_start)

    def __call__(self, text: tf.RaggedTensor) -> tf.RaggedTensor:
        """Map int32 code points [B, (C)]; the result is [B, (C')]."""
        points = text.values
        rows = tf.gather(self._rows, tf.gather(self._block_start, points // BLOCK) + points % BLOCK)
        rows = tf.where(rows == _SAME, points[:, tf.newaxis], rows)
        kept = rows != _NONE
        ends = tf.cumsum(tf.reduce_sum(tf.cast(kept, text.row_splits.dtype), axis=1))
        splits = tf.gather(tf.concat([[0], ends], axis=0), text.row_splits)
        return tf.RaggedTensor.from_row_splits(tf.boolean_mask(rows, kept), splits, validate=False)
