"""CLIP's weights between Hugging Face's checkpoints and KerasHub."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.clip.backbone import build_backbone, export_weights, load_weights
from vitrine.encoders.clip.config import clip_config
from vitrine.errors import DataError

PROJECTION = "text_projection.weight"


@pytest.fixture(scope="module")
def config(checkpoint_directory):
    return clip_config(read_checkpoint(checkpoint_directory))


@pytest.fixture(scope="module")
def tensors(checkpoint_directory):
    return load_file(checkpoint_directory / "model.safetensors")


@pytest.fixture(scope="module")
def backbone(config):
    return build_backbone(config)


def test_every_tensor_of_transformers_is_loaded_and_comes_out_unchanged(backbone, config, tensors):
    load_weights(backbone, config, Checkpoint("here", {}, tensors))
    exported = export_weights(backbone, config)
    assert exported.keys() == tensors.keys()
    for name, value in tensors.items():
        np.testing.assert_array_equal(exported[name], value, err_msg=name)
        assert exported[name].flags.c_contiguous


def test_every_patch_has_its_own_position(backbone):
    positions = backbone.vision_encoder.embedding.position_ids.numpy()
    assert positions.tolist() == [list(range(17))]


def test_the_checkpoint_s_norms_keep_from_dividing_by_zero_as_it_says(config):
    settings = {
        tower: getattr(config, tower).model_copy(update={"layer_norm_eps": 1e-3})
        for tower in ("text_config", "vision_config")
    }
    backbone = build_backbone(config.model_copy(update=settings))
    assert backbone.vision_encoder.pre_layer_norm.epsilon == 1e-3
    assert backbone.text_encoder.encoder_layers[1].layer_norm_2.epsilon == 1e-3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda _: None, f"here: no tensor '{PROJECTION}'"),
        (lambda value: value.T, rf"tensor '{PROJECTION}' has shape \(32, 24\), config.json asks for \(24, 32\)"),
    ],
)
def test_a_missing_or_misshapen_tensor_is_named(backbone, config, tensors, change, message):
    changed = {name: change(value) if name == PROJECTION else value for name, value in tensors.items()}
    kept = {name: value for name, value in changed.items() if value is not None}
    with pytest.raises(DataError, match=message):
        load_weights(backbone, config, Checkpoint("here", {}, kept))
