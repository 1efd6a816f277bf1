import dataclasses

import numpy as np
import pyarrow as pa
import pytest

from tests.vitrine.search.shop import HashingEncoder
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.tuning.fit import judged_batches, split
from vitrine.tuning.judged_texts import JudgedTexts
from vitrine.tuning.mining import RANKS, LexicalMiner, mine
from vitrine.tuning.state import State
from vitrine.tuning.tuner import Tuner

MUGS = 30


@pytest.fixture
def mugs() -> JudgedTexts:
    """Mugs, longer titles later, and plates; the query "red mug" has two judged mugs."""
    documents = [f"red mug {'big ' * number}" for number in range(MUGS)] + [f"plate {number}" for number in range(MUGS)]
    judged = np.array([RANKS[0] + 1, RANKS[0] + 3])
    return JudgedTexts(["red mug", "spoon"], pa.array(documents), np.zeros(2, int), judged, np.array([1, 0], "f4"))


def test_mined_documents_are_similar_and_unjudged(judged: JudgedTexts) -> None:
    encoder, queries = HashingEncoder(), np.arange(12)
    mined = mine(encoder, judged, queries, 3, np.random.default_rng(0))
    documents = encoder.encode_document(judged.documents.to_pylist())
    for query, rows in zip(queries.tolist(), mined, strict=True):
        similarity = encoder.encode_text([judged.queries[query]])[0] @ documents.T
        assert not np.intersect1d(rows, judged.pool(query)[0]).size
        assert len(set(rows.tolist())) == 3
        assert similarity[rows].min() >= np.sort(similarity)[::-1][RANKS[1] - 1]


def test_fewer_documents_than_are_asked_for_leave_places_empty(judged: JudgedTexts) -> None:
    mined = mine(HashingEncoder(), judged, np.arange(2), 200, np.random.default_rng(0))
    assert mined.shape == (2, 200)
    assert (mined[:, -1] == -1).all()


def test_bm25_mines_unjudged_documents_with_the_words_of_the_query(mugs: JudgedTexts) -> None:
    mined, none = LexicalMiner(mugs, np.arange(2), np.random.default_rng(0)).mine(MUGS, np.random.default_rng(0))
    found = set(mined[mined >= 0].tolist())
    assert found == set(range(RANKS[0], MUGS)) - set(mugs.document.tolist())  # the first ones may be as good as judged
    assert (none == -1).all()


def test_bm25_draws_others_in_another_epoch(mugs: JudgedTexts) -> None:
    miner = LexicalMiner(mugs, np.arange(1), np.random.default_rng(0))
    first, same, other = (miner.mine(4, np.random.default_rng(seed))[0].tolist() for seed in (0, 0, 1))
    assert first == same != other


def test_documents_mined_by_bm25_are_compared_without_gain(source, judged: JudgedTexts, tmp_path) -> None:
    extra = [
        f"q{thing} {'a ' * number}" for thing in range(24) for number in range(12)
    ]  # no judged document has a query's words
    shop = dataclasses.replace(judged, documents=pa.concat_arrays([judged.documents, pa.array(extra)]))
    queries, *_ = split(shop, 0.15)
    compared = {}
    for count in (0, 2):
        settings = JudgementTuningSettings(mined=0, mined_bm25=count, batch_size=8)
        encoder = SentenceEncoder(source, trainable=True)
        state = State(str(tmp_path / str(count)), Tuner(encoder, settings, 10))
        batch = next(judged_batches(encoder, shop, queries, settings, state)(0))
        compared[count] = set(batch.documents) & set(extra)
        assert batch.target[:, np.isin(batch.documents, extra)].sum() == 0
        if count:
            assert state.mined(0).shape == (len(queries), count)
    assert not compared[0]
    assert compared[2]
