import numpy as np
import pytest

from vitrine.search.build.weight_choice import choose_weight, scale
from vitrine.search.settings import Fusion


def test_platt_scaling_recovers_probabilities():
    rng = np.random.default_rng(0)
    similarity = rng.normal(size=20_000)
    exact = rng.random(20_000) < 1 / (1 + np.exp(-(2 * similarity - 1)))
    fitted = scale(Fusion(), similarity, exact)
    assert fitted.slope == pytest.approx(2, abs=0.1)
    assert fitted.intercept == pytest.approx(-1, abs=0.1)


def test_similarity_never_counts_against_a_product():
    similarity = np.linspace(-1, 1, 100)
    assert scale(Fusion(), similarity, similarity < 0).slope == 0.05
    assert scale(Fusion(), similarity, np.ones(100, bool)) == Fusion()


def test_the_median_of_equally_good_weights_is_chosen():
    same = np.full(50, 0.5)
    assert choose_weight(lambda _: same) == 0.5
    assert choose_weight(lambda weight: same + 0.01 * (abs(weight - 0.15) < 0.01)) == pytest.approx(0.15)


@pytest.mark.parametrize(("queries", "distance"), [(30, 0.3), (30_000, 0.06)])
def test_many_queries_choose_more_precisely_than_a_few(queries, distance):
    rng = np.random.default_rng(0)

    def ndcg(weight: float) -> np.ndarray:
        return 0.6 - 0.2 * (weight - 0.8) ** 2 + rng.normal(0, 0.05, queries)

    assert choose_weight(ndcg) == pytest.approx(0.8, abs=distance)
