"""Tuning of a tiny CLIP on products whose images show the words of their titles."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.vitrine.tuning.image_text.shop import FIELDS
from vitrine.encoders.image_text_families import image_text_encoder
from vitrine.encoders.training_settings import ContrastiveTuningSettings
from vitrine.errors import DataError
from vitrine.tuning.image_text.batches import batch
from vitrine.tuning.image_text.fit import tune
from vitrine.tuning.image_text.splits import split
from vitrine.tuning.image_text.tuner import ContrastiveTuner
from vitrine.tuning.image_text.validation import MRR, TEXT_TO_IMAGE
from vitrine.tuning.outcome import Tuned


def settings(**changes: Any) -> ContrastiveTuningSettings:
    quick = {"epochs": 10, "batch_size": 16, "learning_rate": 3e-3, "train_words": True, "checkpoint_steps": 2}
    return ContrastiveTuningSettings(**{**quick, "validation_share": 0.4, "short_views": 0.1, **changes})


def silent(*_arguments: object) -> None:
    """Report nothing."""


@pytest.fixture(scope="module")
def run(catalogue, image_root):
    """A function that tunes an encoder."""

    def tuned(source, states: Path, on_epoch=silent, **changes: Any) -> Tuned:
        chosen = settings(**changes)
        return tune(source, chosen, catalogue, FIELDS, image_root, None, "float32", str(states), on_epoch)

    return tuned


@pytest.fixture(scope="module")
def tuned(run, clip, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    return run(clip, tmp_path_factory.mktemp("states"))


def test_it_learns_what_images_show_and_goes_on(tuned):
    assert tuned.is_better
    assert tuned.metric == MRR
    assert tuned.tuned[MRR].mean() > tuned.baseline[MRR].mean() + 0.2
    assert tuned.tuned[TEXT_TO_IMAGE].mean() > tuned.baseline[TEXT_TO_IMAGE].mean()


def test_an_encoder_that_is_not_better_does_not_go_on_and_leaves_no_state(run, clip, tmp_path):
    outcome = run(clip, tmp_path, epochs=1, learning_rate=1e-12)
    assert not outcome.is_better
    assert outcome.checkpoint is clip
    assert list(tmp_path.iterdir()) == []


def test_a_killed_tuning_goes_on_to_the_same_end(run, clip, products, tmp_path, monkeypatch):
    changes = {"epochs": 2, "dropout": 0.1, "batch_size": 12}
    steps = len(split(products, 0.4).fitting) // 12
    killed_at = steps + 3  # saved after two steps of the second epoch
    whole = run(clip, tmp_path / "whole", **changes)
    step, left, done = ContrastiveTuner.step, itertools.count(), itertools.count()

    def killed(self, batch):
        if next(left) == killed_at:
            raise KeyboardInterrupt
        return step(self, batch)

    def counted(self, batch):
        next(done)
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(ContrastiveTuner, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            run(clip, tmp_path / "killed", **changes)
        patch.setattr(ContrastiveTuner, "step", counted)
        epochs: list[int] = []
        again = run(clip, tmp_path / "killed", lambda epoch, _: epochs.append(epoch), **changes)
    assert next(done) == steps - 2
    assert epochs == [2]
    assert (again.epoch, again.share) == (whole.epoch, whole.share)
    for name, value in whole.checkpoint.tensors.items():
        np.testing.assert_allclose(again.checkpoint.tensors[name], value, atol=1e-4, err_msg=name)


def test_too_few_products_are_refused(clip, catalogue, image_root, tmp_path):
    few = catalogue.slice(0, 20)
    with pytest.raises(DataError, match=r"^20 products have a text and a readable image.* too few to tune"):
        tune(clip, settings(), few, FIELDS, image_root, None, "float32", str(tmp_path), silent)


def test_frozen_layers_and_words_keep_their_weights(clip, products):
    encoder = image_text_encoder(clip, trainable=True)
    changes = {"frozen_layers": 1, "train_words": False, "warmup_share": 0}
    tuner = ContrastiveTuner(encoder, products.pixels, settings(**changes), 10)
    tuner.step(batch(products, products.complete()[:8], 0.0, np.random.default_rng(0)))
    trained = encoder.trained_checkpoint(tuner.numbers()).tensors
    changed = {name for name, value in clip.tensors.items() if not np.array_equal(trained[name], value)}
    heads = {"logit_scale", "text_projection.weight", "visual_projection.weight"}
    assert heads <= changed
    norms = ("text_model.final_layer_norm.", "vision_model.post_layernorm.")
    assert all(".layers.1." in name or name.startswith(norms) for name in changed - heads)
