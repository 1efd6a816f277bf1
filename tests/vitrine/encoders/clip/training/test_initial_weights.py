"""Initial weights of CLIP."""

import numpy as np
import pytest

from vitrine.encoders.checkpoint import Checkpoint, read_checkpoint
from vitrine.encoders.clip.config import ClipConfig, clip_config
from vitrine.encoders.clip.training.initial_weights import draw_initial_weights


@pytest.fixture(scope="module")
def checkpoint(checkpoint_directory) -> Checkpoint:
    return read_checkpoint(checkpoint_directory)


@pytest.fixture(scope="module")
def config(checkpoint) -> ClipConfig:
    return clip_config(checkpoint)


def test_every_tensor_of_transformers_is_drawn_in_its_shape(checkpoint, config):
    drawn = draw_initial_weights(config, 0).tensors
    assert {name: value.shape for name, value in drawn.items()} == {
        name: value.shape for name, value in checkpoint.tensors.items()
    }


def test_the_seed_decides_the_values(config):
    first, again, other = (draw_initial_weights(config, seed).tensors for seed in (1, 1, 2))
    for name, value in first.items():
        np.testing.assert_array_equal(value, again[name])
        assert np.array_equal(value, other[name]) == (np.ptp(value) == 0)


def test_layers_start_as_the_identity_of_normalised_inputs(config):
    drawn = draw_initial_weights(config, 0).tensors
    norms = [name for name in drawn if "norm" in name]
    assert all((drawn[name] == (1 if name.endswith("weight") else 0)).all() for name in norms)
    assert float(np.exp(drawn["logit_scale"])) == pytest.approx(1 / 0.07)
