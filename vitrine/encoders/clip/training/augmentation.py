"""Image augmentation: slight changes that preserve the product and especially its colour."""

from typing import Final

import tensorflow as tf

SHIFT: Final = 0.04
"""Largest shift as a share of the side."""
SCALE: Final = (0.93, 1.07)
TURN: Final = 0.04
"""Largest rotation in radians."""
BRIGHTNESS: Final = 0.08


def augment(pixels: tf.Tensor, seed: tf.Tensor) -> tf.Tensor:
    """Mirror, shift, scale, rotate and lighten or darken images, float32 [B, S, S, 3] of 0 to 255.

    `seed`, int32 [2], determines all changes.
    """
    count, side = tf.shape(pixels)[0], tf.cast(tf.shape(pixels)[1], tf.float32)
    draw = tf.random.stateless_uniform([6, count], seed)
    mirror = tf.where(draw[0] < 0.5, -1.0, 1.0)
    scale = SCALE[0] + (SCALE[1] - SCALE[0]) * draw[1]
    angle = TURN * (2 * draw[2] - 1)
    dx, dy = SHIFT * side * (2 * draw[3] - 1), SHIFT * side * (2 * draw[4] - 1)
    cos, sin, centre = tf.cos(angle) / scale, tf.sin(angle) / scale, (side - 1) / 2
    a, b, d, e = mirror * cos, mirror * sin, -sin, cos
    c = centre - a * (centre + dx) - b * (centre + dy)
    f = centre - d * (centre + dx) - e * (centre + dy)
    none = tf.zeros_like(a)
    moved = tf.raw_ops.ImageProjectiveTransformV3(
        images=tf.cast(pixels, tf.float32),
        transforms=tf.stack([a, b, c, d, e, f, none, none], axis=1),
        output_shape=tf.shape(pixels)[1:3],
        fill_value=0.0,
        interpolation="BILINEAR",
        fill_mode="NEAREST",
    )
    light = 1 + BRIGHTNESS * (2 * draw[5] - 1)
    return tf.clip_by_value(moved * light[:, tf.newaxis, tf.newaxis, tf.newaxis], 0.0, 255.0)
