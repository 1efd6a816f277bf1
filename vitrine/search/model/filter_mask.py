"""Filters as bit masks: one bit per product, in row order, packed into a string.

The caller evaluates the conditions (brand, price, stock, rights); the graph sees rows only. Bit i % 8 of byte i // 8,
the least significant first, is row i: `np.packbits(mask, bitorder="little").tobytes()`. The empty string allows all.
"""

import tensorflow as tf

from vitrine.search.index.graph_index import NO_ROW


def unpack(allowed: tf.Tensor, count: int) -> tf.Tensor:
    """Unpack `allowed`, string [B], to bool [B, N] for N = `count` products.

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
    bits = tf.bitwise.right_shift(octets[:, :, tf.newaxis], tf.constant([*range(8)], tf.uint8)) % 2
    mask = tf.cast(tf.reshape(bits, [-1, size * 8])[:, :count], tf.bool)
    return mask | (lengths == 0)[:, tf.newaxis]


def best_allowed(scored: tf.Tensor, mask: tf.Tensor, count: int) -> tf.Tensor:
    """Return the rows of the best `count` ≤ N products that `mask`, bool [B, N], allows, int32 [B, count].

    The best comes first. Where fewer are allowed, the rest is `NO_ROW`.
    """
    top = tf.math.top_k(tf.where(mask, scored, tf.float32.min), count)
    return tf.where(top.values > tf.float32.min, top.indices, NO_ROW)
