import numpy as np
import pytest

from vitrine.benchmark.rankers import BM25, WEIGHTED
from vitrine.benchmark.scoring import score_rankings
from vitrine.search.build.judged_pairs import JudgedPairs

CANDIDATES = 6


class Oracle:
    """A pair model that knows which product a query names, and records its calls."""

    def __init__(self, world) -> None:
        self.ids = np.array(world.products.ids, object)
        self.calls: list[JudgedPairs] = []

    def __call__(self, pairs: JudgedPairs) -> np.ndarray:
        self.calls.append(pairs)
        product = np.array([query.replace(" ", "-") for query in pairs.query], object)
        right = product == self.ids[pairs.row]
        return np.where(right[:, None], [0.01, 0.01, 0.01, 0.97], [0.97, 0.01, 0.01, 0.01])


@pytest.fixture(scope="module")
def oracle(world) -> Oracle:
    return Oracle(world)


@pytest.fixture(scope="module")
def scored(world, oracle: Oracle):
    return score_rankings(world.rankers, {"oracle": oracle}, world.train, world.held_out, CANDIDATES)


def test_every_ranking_stands_beside_its_reranking(scored) -> None:
    alone = {name for name in scored if "oracle" not in name}
    assert set(scored) == alone | {f"{name} + oracle" for name in alone} | {"oracle"}
    assert scored["oracle"].catalogue is None
    assert {ranking.depth for name, ranking in scored.items() if name != "oracle"} == {CANDIDATES}


def test_the_named_product_comes_first_if_it_is_a_candidate(world, scored) -> None:
    for name in (BM25, WEIGHTED):
        before, after = scored[name].catalogue, scored[f"{name} + oracle"].catalogue
        for query, text in zip(world.held_out.ids, world.held_out.texts, strict=True):
            candidates = before.product_id[before.query_id == query].tolist()
            product = text.replace(" ", "-")
            if product in candidates:
                assert after.product_id[after.query_id == query][0] == product
            assert sorted(after.product_id[after.query_id == query]) == sorted(candidates)


def test_each_candidate_is_classified_once_for_all_rankings(world, oracle: Oracle, scored) -> None:
    validation, judged, candidates = oracle.calls
    assert (len(validation.row), len(judged.row)) == (len(world.train.label), len(world.held_out.label))
    pairs = set(zip(candidates.query_id, candidates.row, strict=True))
    assert len(pairs) == len(candidates.row)
    expected = world.encoder.encode_text(candidates.query.tolist())
    np.testing.assert_allclose(candidates.vectors[candidates.vector], expected, atol=1e-6)
