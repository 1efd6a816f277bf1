"""The comparison of open_clip's checkpoints with what is written of them."""

from pathlib import Path

import numpy as np
from safetensors import safe_open

from vitrine.encoders.checkpoint import OPEN_CLIP_WEIGHTS
from vitrine.encoders.layouts import open_checkpoint
from vitrine.encoders.loading import load_encoder


def assert_written_as_it_came(directory: Path, target: Path) -> None:
    """Write a checkpoint in its own layout, and compare each tensor and the fingerprint."""
    open_checkpoint(directory).save_native(target)
    with (
        safe_open(directory / OPEN_CLIP_WEIGHTS, framework="numpy") as before,
        safe_open(target / OPEN_CLIP_WEIGHTS, framework="numpy") as after,
    ):
        assert set(after.keys()) == set(before.keys())
        for name in before.keys():  # noqa: SIM118 - not a mapping
            np.testing.assert_array_equal(after.get_tensor(name), before.get_tensor(name), err_msg=name)
    assert load_encoder(target).fingerprint == load_encoder(directory).fingerprint
