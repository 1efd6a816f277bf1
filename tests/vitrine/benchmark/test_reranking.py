import numpy as np
import pytest

from vitrine.benchmark.rankers import TEXT
from vitrine.benchmark.reranking import Reranker, fit_reranker, log_odds
from vitrine.metrics.ranking import per_query


def certain(label: np.ndarray) -> np.ndarray:
    return np.eye(4)[label] * 0.97 + 0.01


def ndcg(split, score: np.ndarray) -> float:
    return float(per_query(split.judgements(), split.run(score))["ndcg@10"].mean())


def test_log_odds_of_the_expected_gain_are_finite() -> None:
    assert np.isfinite(log_odds(np.eye(4))).all()
    assert log_odds(np.array([0.5, 0, 0, 0.5])) == pytest.approx(0)


def test_the_blend_is_of_log_odds() -> None:
    reranker = Reranker(slope=2.0, intercept=-1.0, blend=0.25)
    assert reranker(np.array([3.0]), np.array([[0.5, 0, 0, 0.5]])) == pytest.approx([0.75 * 5])


def test_a_perfect_model_ranks_perfectly(world) -> None:
    split, scores = world.held_out, world.rankers.of_pairs(world.held_out)[TEXT]
    reranker = fit_reranker(split, scores, certain(split.label))
    assert ndcg(split, reranker(scores, certain(split.label))) == pytest.approx(1)
    assert reranker.blend > 0


def test_a_misleading_model_gets_no_weight(world) -> None:
    split = world.held_out
    perfect = split.label + 0.01 * np.arange(len(split.label)) / len(split.label)
    assert fit_reranker(split, perfect, certain(3 - split.label)).blend < 0.5
    assert ndcg(split, fit_reranker(split, perfect, certain(3 - split.label))(perfect, certain(3 - split.label))) == 1


def test_labels_of_one_kind_only_leave_the_score_as_it_is(world) -> None:
    from dataclasses import replace

    split = replace(world.held_out, label=np.zeros_like(world.held_out.label))
    reranker = fit_reranker(split, np.arange(len(split.label), dtype=float), certain(split.label))
    assert (reranker.slope, reranker.intercept) == (1.0, 0.0)
