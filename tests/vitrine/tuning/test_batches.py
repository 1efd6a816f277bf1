import numpy as np
import pytest

from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.tuning.batches import batch, draw, epoch_batches


def gain(judged, query: str, document: str) -> float:
    rows, gains = judged.pool(judged.queries.index(query))
    return dict(zip(judged.texts(rows), gains.tolist(), strict=True)).get(document, 0.0)


def test_an_epoch_has_each_query_at_most_once_with_all_judged_pairs_as_targets(judged):
    queries = judged.with_gain(np.arange(len(judged.queries)))
    mined = np.full((len(queries), 1), -1, np.int64)
    settings = JudgementTuningSettings(batch_size=16, judged=3)
    batches = list(epoch_batches(judged, queries, mined, settings, np.random.default_rng(0)))
    asked = [query for each in batches for query in each.queries]
    assert len(asked) == len(set(asked)) == len(queries) // 16 * 16
    for each in batches:
        gains = np.array([[gain(judged, query, text) for text in each.documents] for query in each.queries])
        np.testing.assert_allclose(each.target, gains / gains.sum(axis=1, keepdims=True), rtol=1e-6)
        assert [len(text) for text in each.documents] == sorted(len(text) for text in each.documents)
        assert len(set(each.documents)) == len(each.documents)


def test_the_seed_decides_the_batches(judged):
    queries = judged.with_gain(np.arange(len(judged.queries)))
    mined = np.full((len(queries), 0), -1, np.int64)

    def texts(seed: int) -> list[list[str]]:
        batches = epoch_batches(judged, queries, mined, JudgementTuningSettings(), np.random.default_rng(seed))
        return [each.documents for each in batches]

    assert texts(1) == texts(1) != texts(2)


def test_a_document_with_a_gain_is_drawn_for_every_query(judged):
    rng = np.random.default_rng(0)
    for query in judged.with_gain(np.arange(len(judged.queries))).tolist():
        drawn = draw(judged, query, 0, rng)
        assert len(drawn) == 1
        rows, gains = judged.pool(query)
        assert gains[rows == drawn[0]] > 0


def test_mined_documents_are_in_the_batch_without_gain(judged):
    rows, gains = judged.pool(0)
    unjudged = np.setdiff1d(np.arange(len(judged.documents)), rows)[:2]
    drawn = batch(judged, np.array([0]), np.concatenate([rows[gains > 0][:1], unjudged, [-1]]))
    assert len(drawn.documents) == 3
    assert sorted(drawn.target[0].tolist()) == pytest.approx([0, 0, 1])
