"""CLIP's weights between Hugging Face's checkpoints and KerasHub."""

import numpy as np
import pytest
from safetensors.numpy import load_file

from tests.vitrine.encoders.clip.keras_backbone import build_backbone, load_weights
from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.clip.backbone import export_weights
from vitrine.encoders.clip.config import clip_config


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
