import numpy as np
import pytest

from vitrine.baselines.floors import majority, random_order
from vitrine.metrics.ranking import Judgements


def test_the_majority_class_comes_from_the_training_rows():
    floor = majority([3, 3, 0], [0, 0, 0, 3])
    assert floor.accuracy == 0.25
    assert floor.macro_f1 == pytest.approx((0.4 + 0) / 2)


def test_random_order_converges_to_the_mean_over_all_orders():
    judgements = Judgements.from_labels(["q"] * 2, ["a", "b"], ["E", "I"])
    measured = random_order(judgements, ["ndcg", "mrr"], shuffles=1500)
    assert measured["ndcg"].value == pytest.approx((1 + 1 / np.log2(3)) / 2, abs=0.02)
    assert measured["mrr"].value == pytest.approx(0.75, abs=0.03)


def test_random_order_is_repeatable():
    judgements = Judgements.from_labels(["q"] * 6, list("abcdef"), list("ESCIIE"))
    assert random_order(judgements, ["ndcg@10"], shuffles=3) == random_order(judgements, ["ndcg@10"], shuffles=3)
