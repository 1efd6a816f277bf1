import pytest
from pydantic import ValidationError

from vitrine.evaluation.thresholds import RetrievalThresholds, refusals


def metrics(search_model: float, random: float = 0.5, similarity: float = 0.7) -> dict[str, object]:
    values = {"random": random, "bm25": 0.9, "similarity": similarity, "search_model": search_model}
    return {"ranking": {name: {"ndcg@10": {"value": value}} for name, value in values.items()}}


def test_a_model_that_reaches_every_bound_is_not_refused() -> None:
    thresholds = RetrievalThresholds(above_random=0.25, above_similarity=0.05)
    assert refusals(metrics(0.75), thresholds) == []  # exactly both


def test_each_missed_bound_is_a_sentence() -> None:
    assert refusals(metrics(0.51), RetrievalThresholds()) == [
        "nDCG@10 0.5100 is below the 0.5200 that random order and its margin require",
        "nDCG@10 0.5100 is below the 0.6900 that similarity alone and its margin require",
    ]


def test_noise_below_similarity_is_tolerated_by_default() -> None:
    assert refusals(metrics(0.695), RetrievalThresholds()) == []


def test_an_undefined_metric_is_refused() -> None:
    assert len(refusals(metrics(float("nan")), RetrievalThresholds())) == 2


def test_unknown_thresholds_are_errors() -> None:
    with pytest.raises(ValidationError):
        RetrievalThresholds.model_validate({"above_bm25": 0.1})
