import numpy as np
import pytest

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.tuning.judged_texts import JudgedTexts
from vitrine.tuning.validation import NDCG, POOLS, RECALL, HeldOut


def discounted(gains: np.ndarray) -> float:
    return float((gains[:10] / np.log2(np.arange(2, 2 + len(gains[:10])))).sum())


def test_the_metrics_are_those_of_a_search_by_similarity(source: Checkpoint, judged: JudgedTexts) -> None:
    encoder, queries = SentenceEncoder(source), judged.with_gain(np.arange(len(judged.queries)))[:20]
    held_out = HeldOut(judged, queries, np.arange(len(judged.documents)))
    values = held_out.measure(encoder)
    documents = encoder.encode_document(judged.documents.to_pylist())
    for place, name in enumerate(held_out.judgements.queries):
        query = int(name)
        pool, gains = judged.pool(query)
        similarity = encoder.encode_text([judged.queries[query]])[0] @ documents.T
        gain = np.zeros(len(documents))
        gain[pool] = gains
        best = np.sort(similarity)[::-1]
        if len(np.unique(best[:101])) == len(best[:101]):  # ties may be in any order
            ranked = gain[np.argsort(-similarity)]
            assert values[NDCG][place] == pytest.approx(discounted(ranked) / discounted(np.sort(gain)[::-1]), abs=1e-6)
            assert values[RECALL][place] == pytest.approx((ranked[:100] == 1).sum() / (gain == 1).sum())
        in_pool = gains[np.argsort(-similarity[pool])]
        if len(np.unique(similarity[pool])) == len(pool):
            assert values[POOLS][place] == pytest.approx(
                discounted(in_pool) / discounted(np.sort(gains)[::-1]), abs=1e-6
            )


def test_queries_search_their_judged_documents_and_others(judged: JudgedTexts) -> None:
    queries = judged.with_gain(np.arange(len(judged.queries)))[:2]
    own = {row for query in queries for row in judged.pool(int(query))[0].tolist()}
    few = HeldOut.sample(judged, queries, 1, np.random.default_rng(0))
    more = HeldOut.sample(judged, queries, len(own) + 5, np.random.default_rng(0))
    assert set(few.documents.tolist()) == own
    assert own < set(more.documents.tolist())
    assert len(more.documents) == len(own) + 5
