import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitrine.benchmark.encoders import relation
from vitrine.benchmark.encoders.relation import Relation, rank_metrics

PAIRS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=15)
ROWS = st.lists(st.integers(0, 6), max_size=5)


def related(pairs: list[tuple[int, int]], further: list[int] | None = None) -> Relation:
    left, right = np.array(pairs, np.int64).T
    return Relation.of(left, right, None if further is None else np.array(further, np.int64))


@given(PAIRS, ROWS, st.integers(0, 1000))
def test_the_rank_is_that_of_the_best_of_a_querys_own_candidates(pairs, further, seed):
    vectors = np.random.default_rng(seed).normal(size=(2, 7, 3)).astype(np.float32)
    relation_ = related(pairs, further)
    expected = []
    for query in sorted({left for left, _ in pairs}):
        own = {right for left, right in pairs if left == query}
        candidates = own | {right for _, right in pairs} | set(further)
        similarity = {candidate: float(vectors[0, query] @ vectors[1, candidate]) for candidate in candidates}
        best = max(similarity[candidate] for candidate in own)
        expected.append(1 + sum(similarity[candidate] > best for candidate in candidates - own))
    assert relation_.ranks(*vectors).tolist() == expected


def test_blocks_of_queries_do_not_change_the_ranks(monkeypatch):
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(2, 50, 4)).astype(np.float32)
    both = related([(int(query), int(candidate)) for query, candidate in rng.integers(0, 50, (80, 2))])
    whole = both.ranks(*vectors)
    monkeypatch.setattr(relation, "BLOCK", 7)
    np.testing.assert_array_equal(both.ranks(*vectors), whole)


def test_vectors_that_are_all_alike_find_nothing():
    vectors = np.ones((5, 2), np.float32)
    assert related([(row, row) for row in range(5)]).ranks(vectors, vectors).tolist() == [5] * 5


def test_recall_and_mrr_are_those_of_the_ranks():
    metrics = rank_metrics(np.array([1.0, 2.0, 10.0, 11.0]), ("recall@1", "recall@10", "mrr"))
    assert metrics["recall@1"].tolist() == [1, 0, 0, 0]
    assert metrics["recall@10"].tolist() == [1, 1, 1, 0]
    np.testing.assert_allclose(metrics["mrr"], [1, 1 / 2, 1 / 10, 1 / 11])
