"""Tuning of a tiny BERT on queries and products that share no word."""

import dataclasses
import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.vitrine.tuning.shop import FIELDS, tables
from vitrine.data.contract.splits import is_validation
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.errors import DataError
from vitrine.tuning.batches import batch
from vitrine.tuning.fit import split, tune
from vitrine.tuning.judged_texts import judged_texts
from vitrine.tuning.outcome import Tuned
from vitrine.tuning.tuner import Tuner
from vitrine.tuning.validation import NDCG


def settings(**changes: Any) -> JudgementTuningSettings:
    quick = {"epochs": 8, "batch_size": 16, "learning_rate": 5e-3, "train_words": True, "checkpoint_steps": 2}
    return JudgementTuningSettings(**{**quick, **changes})


def silent(*_arguments: object) -> None:
    """Report nothing."""


def run(source, judged, states: Path, on_epoch=silent, **changes: Any) -> Tuned:
    return tune(source, settings(**changes), judged, "float32", str(states), on_epoch)


@pytest.fixture(scope="module")
def tuned(source, judged, tmp_path_factory: pytest.TempPathFactory) -> Tuned:
    return run(source, judged, tmp_path_factory.mktemp("states"))


def test_it_learns_what_belongs_together_and_goes_on(source, judged, tuned):
    assert tuned.is_better
    assert tuned.tuned[NDCG].mean() > tuned.baseline[NDCG].mean() + 0.2
    before, after = SentenceEncoder(source), SentenceEncoder(tuned.checkpoint)
    texts = ["q7", "p7", "p8"]

    def margin(encoder: SentenceEncoder) -> float:
        query, match, other = encoder.encode_text(texts)
        return float(query @ match - query @ other)

    assert margin(after) > margin(before) + 0.2


def test_no_query_is_in_two_parts(judged):
    parts = split(judged, 0.3)
    assert min(map(len, parts)) >= 10
    for first, second in itertools.combinations(parts, 2):
        assert not np.intersect1d(first, second).size
    assert sum(map(len, parts)) == len(judged.with_gain(np.arange(len(judged.queries))))


def test_queries_that_measure_nothing_are_fitted(judged):
    some = np.arange(0, len(judged.queries), 5)
    fitting, *held_out = split(dataclasses.replace(judged, only_fitted=some), 0.3)
    assert np.isin(judged.with_gain(some), fitting).all()
    assert not np.isin(some, np.concatenate(held_out)).any()


def test_the_held_out_queries_are_those_of_the_classifier(judged):
    _, choosing, deciding = split(judged, 0.3)
    held_out = {query for query in judged.queries if is_validation(query, 0.3)}
    found = {judged.queries[query] for query in np.concatenate([choosing, deciding])}
    assert held_out
    assert held_out <= found or found <= held_out
    assert len(found ^ held_out) < 0.1 * len(judged.queries)


def test_an_encoder_that_is_not_better_does_not_go_on_and_leaves_no_state(source, judged, tmp_path):
    shuffled = np.random.default_rng(0).permutation(judged.gain)
    noise = dataclasses.replace(judged, gain=shuffled)
    outcome = run(source, noise, tmp_path, epochs=1, learning_rate=1e-9)
    assert not outcome.is_better
    assert outcome.checkpoint is source
    assert list(tmp_path.iterdir()) == []


def test_a_killed_tuning_goes_on_to_the_same_end(source, judged, tmp_path, monkeypatch):
    changes = {"epochs": 2, "dropout": 0.1}
    steps = len(split(judged, 0.15)[0]) // 16
    killed_at = steps + 3  # saved after two steps of the second epoch
    whole = run(source, judged, tmp_path / "whole", **changes)
    step, left = Tuner.step, itertools.count()

    def killed(self, batch):
        if next(left) == killed_at:
            raise KeyboardInterrupt
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Tuner, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            run(source, judged, tmp_path / "killed", **changes)
    epochs: list[int] = []
    done = itertools.count()

    def counted(self, batch):
        next(done)
        return step(self, batch)

    with monkeypatch.context() as patch:
        patch.setattr(Tuner, "step", counted)
        again = run(source, judged, tmp_path / "killed", lambda epoch, _: epochs.append(epoch), **changes)
    assert next(done) == steps - 2
    assert epochs == [2]
    assert (again.epoch, again.share) == (whole.epoch, whole.share)
    for name, value in whole.checkpoint.tensors.items():
        np.testing.assert_allclose(again.checkpoint.tensors[name], value, atol=1e-4, err_msg=name)


def test_other_settings_do_not_go_on_from_a_killed_tuning(source, judged, tmp_path, monkeypatch):
    def killed(self, _batch):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Tuner, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            run(source, judged, tmp_path)
    epochs: list[int] = []
    run(source, judged, tmp_path, lambda epoch, _: epochs.append(epoch), epochs=1)
    assert epochs == [0, 1]


def test_frozen_layers_and_words_keep_their_weights(source, judged):
    encoder = SentenceEncoder(source, trainable=True)
    tuner = Tuner(encoder, settings(frozen_layers=1, train_words=False, warmup_share=0), 10)
    queries = judged.with_gain(np.arange(len(judged.queries)))
    tuner.step(batch(judged, queries[:4], judged.document[:40]))
    trained = encoder.trained_checkpoint().tensors
    changed = {name for name, value in source.tensors.items() if not np.array_equal(trained[name], value)}
    assert changed
    assert all(name.startswith("encoder.layer.1.") for name in changed)


def test_freezing_all_layers_is_refused(source):
    with pytest.raises(DataError, match=r"frozen_layers is 2, but the encoder has 2 layers"):
        Tuner(SentenceEncoder(source, trainable=True), settings(frozen_layers=2, train_words=True), 10)


def test_too_few_judged_queries_are_refused(source, tmp_path):
    with pytest.raises(DataError, match="too few to tune an encoder"):
        run(source, judged_texts(*tables(20), FIELDS), tmp_path)
