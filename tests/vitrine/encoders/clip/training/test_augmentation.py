import numpy as np
import tensorflow as tf

from vitrine.encoders.clip.training.augmentation import BRIGHTNESS, augment


def test_the_seed_decides_and_images_differ() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (4, 16, 16, 3), dtype=np.uint8)
    first, again, other = (augment(tf.constant(pixels), tf.constant([0, n])).numpy() for n in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1
    assert first.shape == pixels.shape
    assert first.min() >= 0
    assert first.max() <= 255


def test_colour_is_kept() -> None:
    red = np.full((8, 16, 16, 3), (200, 40, 20), np.uint8)
    changed = augment(tf.constant(red), tf.constant([0, 5])).numpy()
    np.testing.assert_allclose(changed[..., 0] / changed[..., 1], 5.0, rtol=1e-4)
    assert np.abs(changed[..., 0] / 200 - 1).max() <= BRIGHTNESS + 1e-5


def test_the_product_stays_in_the_image() -> None:
    pixels = np.zeros((32, 32, 32, 3), np.uint8)
    pixels[:, 12:20, 12:20] = 255
    light = augment(tf.constant(pixels), tf.constant([0, 3])).numpy().sum(axis=(1, 2, 3)) / pixels[0].sum()
    assert light.min() > 0.55
    assert light.max() < 1.6
