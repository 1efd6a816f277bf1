"""The towers against KerasHub's, on the same weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.encoders.clip.keras_backbone import build_backbone, load_weights
from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.clip.config import ClipConfig, clip_config
from vitrine.encoders.clip.towers import TextTower, VisionTower
from vitrine.errors import DataError

IDS = [[5, 9, 3, 40], [5, 40], [5, 9, 9, 2, 7, 11, 40], [5, 40, 8, 40]]
"""Token ids of texts that end in 40, one of them with two 40s."""


def with_end(checkpoint: Checkpoint, activation: str) -> ClipConfig:
    config = clip_config(checkpoint)
    text, vision = ({"hidden_act": activation} for _ in range(2))
    return config.model_copy(
        update={
            "text_config": config.text_config.model_copy(update=text | {"eos_token_id": 40}),
            "vision_config": config.vision_config.model_copy(update=vision),
        }
    )


@pytest.fixture(scope="module")
def checkpoint(checkpoint_directory) -> Checkpoint:
    return read_checkpoint(checkpoint_directory)


@pytest.mark.parametrize("trainable", [False, True])
@pytest.mark.parametrize("activation", ["quick_gelu", "gelu"])
def test_the_towers_equal_kerashub_s(checkpoint, activation, trainable):
    config = with_end(checkpoint, activation)
    backbone = build_backbone(config)
    load_weights(backbone, config, checkpoint)
    ids = tf.ragged.constant(IDS, dtype=tf.int32)
    hidden = backbone.text_encoder({"token_ids": ids.to_tensor()})
    ends = [row.index(40) for row in IDS]
    texts = backbone.text_projection(tf.gather(hidden, ends, batch_dims=1))
    np.testing.assert_allclose(TextTower(config, checkpoint, "float32", trainable)(ids), unit(texts), atol=1e-5)
    images = np.random.default_rng(0).normal(size=(3, 32, 32, 3)).astype(np.float32)
    image_vectors = backbone.vision_projection(backbone.vision_encoder({"images": images})[:, 0])
    vision = VisionTower(config, checkpoint, "float32", trainable)
    np.testing.assert_allclose(vision(images), unit(image_vectors), atol=1e-5)


def unit(vectors) -> np.ndarray:
    return keras.ops.convert_to_numpy(tf.math.l2_normalize(vectors, axis=-1))


def test_no_texts_and_no_images_have_no_vectors(checkpoint):
    config = clip_config(checkpoint)
    none = tf.RaggedTensor.from_row_lengths(tf.zeros([0], tf.int32), tf.zeros([0], tf.int64))
    assert TextTower(config, checkpoint, "float32")(none).shape == (0, 24)
    assert VisionTower(config, checkpoint, "float32")(tf.zeros([0, 32, 32, 3])).shape == (0, 24)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_batch_of_any_lengths_changes_no_vector(checkpoint, precision):
    tower = TextTower(with_end(checkpoint, "quick_gelu"), checkpoint, precision)
    together = tower(tf.ragged.constant(IDS, dtype=tf.int32))
    alone = np.concatenate([tower(tf.ragged.constant([row], dtype=tf.int32)) for row in IDS])
    np.testing.assert_allclose(together, alone, atol=1e-6 if precision == "float32" else 1e-2)


@pytest.mark.parametrize(
    ("name", "tower"),
    [
        ("text_model.encoder.layers.1.self_attn.v_proj.weight", TextTower),
        ("text_projection.weight", TextTower),
        ("vision_model.pre_layrnorm.bias", VisionTower),
        ("vision_model.embeddings.class_embedding", VisionTower),
    ],
)
def test_a_missing_tensor_is_named(checkpoint, name, tower):
    tensors = {key: value for key, value in checkpoint.tensors.items() if key != name}
    with pytest.raises(DataError, match=f"no tensor '{name}'"):
        tower(clip_config(checkpoint), Checkpoint("here", {}, tensors), "float32")
