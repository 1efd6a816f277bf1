"""KerasHub presets, on one that the test saves."""

import keras_hub
import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.encoders.clip.keras_backbone import build_backbone
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.clip.config import ClipConfig
from vitrine.encoders.clip.tokenizer import END, clip_vocabulary
from vitrine.encoders.loading import load_encoder, open_encoder
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import ConfigError


@pytest.fixture(scope="module")
def preset(clip_tokenizer_directory, tmp_path_factory):
    """A preset directory and the backbone in it."""
    definition = (clip_tokenizer_directory / "tokenizer.json").read_bytes()
    ids, merges, *_ = clip_vocabulary(Checkpoint("here", {"tokenizer.json": definition}, {}))
    tower = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4}
    text = tower | {"vocab_size": len(ids), "eos_token_id": ids[END]}
    vision = tower | {"image_size": 32, "patch_size": 8, "layer_norm_eps": 1e-5}
    backbone = build_backbone(ClipConfig(text_config=text, vision_config=vision, projection_dim=16))
    directory = tmp_path_factory.mktemp("preset")
    backbone.save_to_preset(str(directory))
    tokenizer = keras_hub.models.CLIPTokenizer(vocabulary=ids, merges=[" ".join(pair) for pair in merges])
    tokenizer.save_to_preset(str(directory))
    return directory, backbone


def test_a_preset_encodes_as_its_backbone_does(preset, tmp_path):
    directory, backbone = preset
    encoder = open_encoder(EncoderSettings(source=f"preset:{directory}"))
    texts = ["red striped mug", "", "blue plates"]
    ids = encoder.module.tokenizer(tf.constant(texts)).to_tensor()
    expected = tf.math.l2_normalize(backbone.get_text_embeddings(ids), axis=-1)
    np.testing.assert_allclose(encoder.encode_text(texts), expected, atol=1e-5)
    encoder.save(tmp_path / "saved")
    again = load_encoder(tmp_path / "saved")
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode_text(texts), encoder.encode_text(texts))


def test_a_preset_that_cannot_be_had_is_one_clear_error(tmp_path):
    with pytest.raises(ConfigError, match=r"the preset '.*' could not be loaded .* give the directory"):
        open_encoder(EncoderSettings(source=f"preset:{tmp_path}"))
