"""Which products a query may find: a bit a product, in row order, packed into a string.

A filter is the caller's affair (brand, price, stock, rights): the graph only sees rows. Bit i % 8 of byte i // 8, the
least significant first, is row i: `np.packbits(mask, bitorder="little").tobytes()`. The empty string allows everything.
"""

import tensorflow as tf

from vitrine.search.index.candidates import NOTHING


def unpack(allowed: tf.Tensor, count: int) -> tf.Tensor:
    """`allowed` string [B] → bool [B, N] for N = `count` products.

    Fails with INVALID_ARGUMENT for strings that are not of this catalogue's length: their rows would be others.
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


def best(scored: tf.Tensor, mask: tf.Tensor, count: int) -> tf.Tensor:
    """Rows of the best `count` ≤ N products whose bit in `mask` bool [B, N] is set, int32 [B, count], best first.

    Where fewer are allowed, the rest is `NOTHING`.
    """
    top = tf.math.top_k(tf.where(mask, scored, tf.float32.min), count)
    return tf.where(top.values > tf.float32.min, top.indices, NOTHING)
