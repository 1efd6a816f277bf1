"""Filters as bit masks: one bit per product, in row order, packed into a string.

The caller evaluates the conditions (brand, price, stock, rights); the graph sees rows only. Bit i % 8 of byte i // 8,
the least significant first, is row i: `np.packbits(mask, bitorder="little").tobytes()`. The empty string allows all.
"""

from typing import NamedTuple

import tensorflow as tf

ALL = 0xFF


class Filter(NamedTuple):
    """The packed masks of B queries, uint8 [B, ⌈N / 8⌉], and the rows that any of them allows, int32 [M]."""

    octets: tf.Tensor
    rows: tf.Tensor

    def without(self, rows: tf.Tensor) -> "Filter":
        """Return the filter less one row for each query, int32 [B]; a query with a negative row allows nothing."""
        size = tf.shape(self.octets)[1]
        known = tf.cast(rows >= 0, tf.uint8)[:, tf.newaxis]
        bit = tf.bitwise.left_shift(tf.constant(1, tf.uint8), tf.cast(tf.maximum(rows, 0) % 8, tf.uint8))
        dropped = tf.one_hot(rows // 8, size, dtype=tf.uint8) * bit[:, tf.newaxis]
        return Filter(tf.bitwise.bitwise_and(self.octets * known, tf.bitwise.invert(dropped)), self.rows)

    def allows(self, rows: tf.Tensor) -> tf.Tensor:
        """Return whether each query's mask allows its `rows` int32 [B, R], bool [B, R]."""
        octets = tf.gather(self.octets, rows // 8, batch_dims=1)
        return tf.bitwise.right_shift(octets, tf.cast(rows % 8, tf.uint8)) % 2 > 0


def unpack(allowed: tf.Tensor, count: int) -> Filter:
    """Unpack `allowed`, string [B], for a catalogue of `count` products.

    Fails with INVALID_ARGUMENT for strings of another length, which belong to another catalogue.
    """
    size = (count + 7) // 8
    lengths = tf.strings.length(allowed)
    fits = tf.debugging.Assert(
        tf.reduce_all((lengths == 0) | (lengths == size)),
        [f"allowed must be empty or {size} bytes, a bit for each of {count} products; lengths are", lengths],
    )
    with tf.control_dependencies([fits]):
        octets = tf.io.decode_raw(allowed, tf.uint8, fixed_length=size)
    octets = tf.where((lengths == 0)[:, tf.newaxis], tf.constant(ALL, tf.uint8), octets)
    any_allows = tf.foldl(tf.bitwise.bitwise_or, octets, initializer=tf.zeros([size], tf.uint8))
    rows = tf.where(unpack_bits(any_allows, count) > 0)[:, 0]
    return Filter(octets, tf.cast(rows, tf.int32))


def unpack_bits(octets: tf.Tensor, count: int) -> tf.Tensor:
    """Return the bits of a packed mask uint8 [⌈`count` / 8⌉], 0 or 1, uint8 [`count`]."""
    bits = tf.bitwise.right_shift(octets[:, tf.newaxis], tf.constant([*range(8)], tf.uint8)) % 2
    return tf.reshape(bits, [-1])[:count]
