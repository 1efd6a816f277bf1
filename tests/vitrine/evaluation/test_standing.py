from typing import Any

import pytest

from vitrine.evaluation.standing import standing_to_bm25


def retrieval(low: float, high: float, queries: int = 40, ideal: float = 1.0) -> dict[str, Any]:
    value = (low + high) / 2
    return {
        "queries": queries,
        "ideal_ndcg@10": ideal,
        "search_model": {"ndcg@10": {"value": 0.4 + value}},
        "bm25": {"ndcg@10": {"value": 0.4}},
        "against": {"bm25": {"value": value, "low": low, "high": high, "p_value": 0.5}},
    }


@pytest.mark.parametrize(
    ("low", "high", "standing", "words", "figures"),
    [
        (0.01, 0.03, "better", "better than BM25", "0.420 against 0.400, difference +0.020 [+0.010, +0.030]"),
        (-0.03, -0.01, "worse", "worse than BM25", "0.380 against 0.400, difference -0.020 [-0.030, -0.010]"),
        (-0.02, 0.02, "no difference", "no different from BM25, beyond noise,",
         "0.400 against 0.400, difference +0.000 [-0.020, +0.020]"),
    ],
)  # fmt: skip
def test_the_interval_decides_how_a_model_stands_to_bm25(
    low: float, high: float, standing: str, words: str, figures: str
) -> None:
    phrase = f"{words} over the whole catalogue (nDCG@10 {figures})"
    assert standing_to_bm25(retrieval(low, high)) == (standing, phrase)


def test_a_comparison_without_meaning_says_why() -> None:
    standing, phrase = standing_to_bm25(retrieval(-0.3, -0.3, queries=1)) or (None, "")
    assert standing == "not compared"
    assert phrase.startswith("not compared with BM25 over the whole catalogue (nDCG@10 0.100 against 0.400): one held")
    assert phrase.endswith("too few to tell a difference from noise, which takes 6")


def test_evaluations_of_earlier_versions_have_no_standing() -> None:
    figures = retrieval(0.1, 0.2)
    del figures["against"]
    assert standing_to_bm25(figures) is None
