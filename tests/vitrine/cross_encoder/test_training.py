"""Fine-tuning on labels that depend on query and product together."""

from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from vitrine.classifier.calibration import fit_temperature, log_loss
from vitrine.classifier.training import class_weights
from vitrine.cross_encoder.initial_checkpoint import initial_checkpoint
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import predict
from vitrine.cross_encoder.settings import CrossEncoderSettings
from vitrine.cross_encoder.training import fit, weighted_loss
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.data.contract.splits import is_validation
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.errors import ConfigError, DataError

from .conftest import make_pairs


def settings(bert, **changes) -> CrossEncoderSettings:
    quick: dict[str, Any] = {
        "source": str(bert),
        "learning_rate": 2e-3,
        "batch_size": 8,
        "epochs": 1,
        "dropout": 0.0,
        "train_words": True,
    }
    return CrossEncoderSettings(**{**quick, **changes})


def silent(*_arguments: object) -> None:
    """Report nothing."""


def held_out(pairs: Pairs) -> Pairs:
    return pairs.where(np.array([is_validation(query) for query in pairs.queries], np.bool_))


def test_it_learns_labels_that_depend_on_both_sides(bert):
    many, fresh = make_pairs(queries=20, products=50), make_pairs(queries=5, products=60, seed=1)
    reports: list[dict[str, float]] = []
    model = fit(settings(bert, epochs=4), many, lambda epoch, metrics: reports.append({"epoch": epoch, **metrics}))
    assert (model.probabilities(fresh.queries, fresh.texts).argmax(axis=1) == fresh.labels).mean() > 0.9
    assert [report["epoch"] for report in reports] == [0, 1, 2, 3]
    assert reports[-1]["loss"] < 0.5 * reports[0]["loss"]
    assert set(reports[0]) == {"epoch", "loss", "val_loss", "val_accuracy"}


def test_the_seed_decides_the_weights_and_words_keep_theirs(bert):
    pairs = make_pairs(queries=12, products=12)
    first, second = (fit(settings(bert, dropout=0.1, train_words=False), pairs, silent).module for _ in range(2))
    tensors = second.tensors()
    for name, value in first.tensors().items():
        np.testing.assert_array_equal(value, tensors[name], err_msg=name)
    start = initial_checkpoint(read_checkpoint(bert), 40, seed=7).tensors
    same = [name for name, value in start.items() if np.array_equal(value, tensors[name])]
    assert same == ["bert.embeddings.word_embeddings.weight"]
    other = initial_checkpoint(read_checkpoint(bert), 40, seed=8).tensors
    assert not np.array_equal(start["classifier.weight"], other["classifier.weight"])


def test_every_setting_trains_and_the_answer_is_as_sure_as_it_is_right(bert):
    losses: list[float] = []
    pairs = make_pairs(queries=20, products=20)
    changes = {"precision": "bfloat16", "label_smoothing": 0.1, "ranking_weight": 0.5, "group_size": 4, "dropout": 0.1}
    config = settings(bert, epochs=2, layer_decay=0.9, **changes)
    model = fit(config, pairs, lambda _epoch, metrics: losses.append(metrics["loss"]))
    assert losses[1] < losses[0]
    validation = held_out(pairs)
    assert 0 < len(validation.labels) < len(pairs.labels)
    logits = predict(model.module, validation.queries, validation.texts)
    assert fit_temperature(logits, validation.labels) == pytest.approx(1, rel=0.02)


def test_the_best_epoch_is_kept(bert):
    pairs = make_pairs(queries=12, products=12)
    is_held_out = np.array([is_validation(query, 0.15) for query in pairs.queries], np.bool_)
    # The labels of held-out queries contradict the others, so every epoch makes the held-out loss worse.
    contradicted = pairs._replace(labels=np.where(is_held_out, 3 - pairs.labels, pairs.labels))
    losses: list[float] = []
    config = settings(bert, epochs=4, calibrate=False)
    model = fit(config, contradicted, lambda _epoch, metrics: losses.append(metrics["val_loss"]))
    assert losses[-1] > 1.1 * min(losses)
    validation = contradicted.where(is_held_out)
    kept = predict(model.module, validation.queries, validation.texts)
    weights = class_weights(contradicted.labels[~is_held_out], config.class_weights)
    assert weighted_loss(kept, validation.labels, weights) == pytest.approx(min(losses), rel=1e-4)


def test_the_loss_of_queries_held_out_weighs_the_classes_as_training_does():
    logits = np.log(np.array([[0.1, 0.2, 0.3, 0.4], [0.25, 0.25, 0.25, 0.25]], np.float32))
    labels, weights = np.array([3, 0]), np.array([2.0, 1.0, 1.0, 0.5], np.float32)
    expected = -(2.0 * np.log(0.25) + 0.5 * np.log(0.4)) / 2.5
    assert weighted_loss(logits, labels, weights) == pytest.approx(expected)
    assert weighted_loss(logits, labels, np.ones(4, np.float32)) == pytest.approx(log_loss(logits, labels))


def test_a_temperature_divides_the_logits(bert):
    model = PairModel(initial_checkpoint(read_checkpoint(bert), 40, seed=7))
    before = predict(model, ["red"], ["red mug"])
    model.apply_temperature(2.0)
    np.testing.assert_allclose(predict(model, ["red"], ["red mug"]), before / 2, rtol=1e-5)


def test_without_queries_to_hold_out_the_last_epoch_counts(bert):
    few = make_pairs(queries=1, products=8)._replace(queries=["red mug"] * 8)
    assert not is_validation("red mug")
    reports: list[set[str]] = []
    model = fit(settings(bert, epochs=2), few, lambda _epoch, metrics: reports.append(set(metrics)))
    assert reports == [{"loss"}] * 2
    assert model.scores(few.queries, few.texts).shape == (8,)


def test_nothing_to_fit_and_no_checkpoint_are_clear_errors(bert):
    with pytest.raises(DataError, match="no pair to fit"):
        fit(settings(bert), Pairs([], [], np.zeros(0, np.int64)), silent)
    with pytest.raises(ConfigError, match="'nowhere' is not a directory"):
        fit(settings("nowhere"), make_pairs(1, 1), silent)
    with pytest.raises(ValidationError, match="Extra inputs"):
        CrossEncoderSettings(sources="x")
