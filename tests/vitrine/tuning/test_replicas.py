"""Training on several devices, which are halves of one processor here."""

import subprocess
import sys
from pathlib import Path

import pytest
import tensorflow as tf

from tests.conftest import ROOT, environment
from tests.vitrine.encoders.conftest import clip_tokenizer_directory, make_checkpoint  # noqa: F401
from vitrine.tuning.replicas import training_strategy

pytestmark = pytest.mark.slow


def compare(*arguments: object) -> None:
    command = [sys.executable, "-m", "tests.vitrine.tuning.two_devices", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=900, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]


def test_two_devices_train_texts_as_one_does(encoder_directory: Path) -> None:
    compare("texts", encoder_directory)


@pytest.mark.parametrize("kind", ["contrastive", "judgements"])
def test_two_devices_train_texts_and_images_as_one_does(kind: str, make_checkpoint, tmp_path: Path) -> None:  # noqa: F811
    checkpoint = make_checkpoint(tmp_path / "clip")
    compare(kind, checkpoint, tmp_path / "images")


def test_without_several_gpus_nothing_is_mirrored() -> None:
    assert len(tf.config.list_logical_devices("GPU")) < 2
    assert training_strategy().num_replicas_in_sync == 1
