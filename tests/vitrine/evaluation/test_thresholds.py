from typing import Any

import pytest
from pydantic import ValidationError

from vitrine.evaluation.thresholds import RetrievalThresholds, missing_comparison, verdict

NAN = float("nan")


def difference(value: float, width: float = 0.02) -> dict[str, float]:
    return {"value": value, "low": value - width, "high": value + width, "p_value": 0.01}


def metrics(
    search_model: float = 0.75,
    random: float = 0.5,
    similarity: float = 0.7,
    ideal: float = 1.0,
    with_labels: int = 40,
    with_two: int = 50,
    queries: int = 50,
    bm25: float = 0.0,
    served: float | None = None,
) -> dict[str, Any]:
    """Return figures of pools, and of searches whose differences to BM25 and the served version are given."""
    values = {"random": random, "bm25": 0.9, "similarity": similarity, "search_model": search_model}
    shares = {"search_model": 0.6, "bm25": 0.5}
    compared = {"version": "17", "queries": queries, "products": 9, "ideal_ndcg@10": ideal}
    return {
        "ranking": {name: {"ndcg@10": {"value": value}} for name, value in values.items()},
        "pools": {
            "queries": queries,
            "with_two_products": with_two,
            "with_different_labels": with_labels,
            "ideal_ndcg@10": ideal,
        },
        "retrieval": {
            "queries": queries,
            "ideal_ndcg@10": ideal,
            "bm25": {"ndcg@10": {"value": 0.4}},
            "against": {"bm25": difference(bm25)},
            "unjudged@10": shares,
            "condensed": {"against": {"bm25": difference(0.125)}},
            "served": {"not_compared": "no earlier version is served"}
            if served is None
            else compared | {"difference": difference(served)},
        },
    }


def refused(figures: dict[str, Any], **margins: float) -> list[str]:
    return verdict(figures, RetrievalThresholds(**margins)).refused


def not_applied(figures: dict[str, Any], **margins: float) -> list[str]:
    *sentences, served = verdict(figures, RetrievalThresholds(**margins)).not_applied
    assert served.endswith("below the served version: no earlier version is served")
    return sentences


def test_a_model_that_reaches_every_bound_is_not_refused() -> None:
    assert refused(metrics(0.75), above_random=0.25, above_similarity=0.05) == []  # exactly both
    assert not_applied(metrics(0.75)) == []


def test_each_missed_bound_is_a_sentence() -> None:
    assert refused(metrics(0.51)) == [
        "nDCG@10 0.5100 is below the 0.5200 that random order and its margin require",
        "nDCG@10 0.5100 is below the 0.6900 that similarity alone and its margin require",
    ]


def test_noise_below_similarity_is_tolerated_by_default() -> None:
    assert refused(metrics(0.695)) == []


def test_an_undefined_figure_of_the_model_is_refused() -> None:
    assert len(refused(metrics(NAN))) == 2
    assert len(refused(metrics(bm25=NAN))) == 1
    assert len(refused(metrics(served=NAN))) == 1


@pytest.mark.parametrize("judges", [{"derived": 40}, {"derived": 21, "people": 19}])
def test_judgements_derived_from_the_catalogues_words_do_not_refuse_a_model_for_bm25(judges: dict[str, int]) -> None:
    figures = metrics(bm25=-0.03) | {"counts": {"judged_by": judges}}
    assert refused(figures) == []
    (sentence,) = not_applied(figures)
    share = f"{judges['derived'] / 40:.0%}"
    assert sentence == (
        f"the margin +0.0000 of nDCG@10 above BM25 over the whole catalogue: {share} of the held-out judgements are "
        "derived by rules from the catalogue's own words, which BM25 matches by construction"
    )
    assert len(refused(figures, above_bm25=1.0)) == 1


@pytest.mark.parametrize("judges", [{"derived": 20, "people": 20}, {"llm:small": 40}, {}])
def test_other_judgements_compare_with_bm25(judges: dict[str, int]) -> None:
    assert len(refused(metrics(bm25=-0.03) | {"counts": {"judged_by": judges}})) == 1


def test_derived_judgements_tell_a_model_from_random_order_and_from_the_served_version() -> None:
    figures = metrics(0.51, served=-0.2) | {"counts": {"judged_by": {"derived": 40}}}
    assert len(refused(figures)) == 3


def test_a_model_worse_than_bm25_beyond_noise_is_refused_by_default() -> None:
    (reason,) = refused(metrics(bm25=-0.03))
    assert reason == (
        "nDCG@10 over the whole catalogue is -0.0300 [-0.0500, -0.0100] against BM25, beyond noise below the required "
        "+0.0000; without unjudged products, which are 60% of the search model's first ten and 50% of BM25's, it is "
        "+0.1250 [+0.1050, +0.1450]"
    )
    assert refused(metrics(bm25=-0.01)) == []  # the interval reaches above 0


def test_the_margin_to_bm25_is_a_setting() -> None:
    assert refused(metrics(bm25=-0.03), above_bm25=-0.05) == []
    assert len(refused(metrics(bm25=0.06), above_bm25=0.1)) == 1


def test_a_model_worse_than_the_served_version_by_more_than_the_tolerance_is_refused() -> None:
    (reason,) = refused(metrics(served=-0.04))
    assert reason == (
        "nDCG@10 over the whole catalogue is -0.0400 [-0.0600, -0.0200] against the served version 17, beyond noise "
        "below the allowed -0.0100"
    )
    assert refused(metrics(served=-0.025)) == []
    assert refused(metrics(served=-0.04), tolerance=0.05) == []


@pytest.mark.parametrize(
    ("figures", "reason"),
    [
        (metrics(1.0, 1.0, 1.0, with_labels=0), "no held-out query has products with different labels, so every order"),
        (metrics(1.0, 1.0, 1.0, with_labels=0, with_two=0), "no held-out query has two judged products"),
        (metrics(0.0, 0.0, 0.0, ideal=0.0, with_labels=0), "no held-out query has products with different labels"),
        (metrics(0.6, 0.8, 0.9, with_labels=1), "a single held-out query has products with different labels"),
        (metrics(NAN, NAN, NAN, ideal=NAN, queries=0, with_labels=0), "there is no held-out query"),
        (metrics(0.8, NAN, NAN), "has no value"),
    ],
)
def test_the_order_of_pools_that_says_nothing_refuses_no_model(figures: dict[str, Any], reason: str) -> None:
    assert refused(figures) == []
    random, similarity = not_applied(figures)[:2]
    assert random.startswith("the margin +0.0200 of nDCG@10 above random order: ")
    assert similarity.startswith("the margin -0.0100 of nDCG@10 above similarity alone: ")
    assert reason in random
    assert reason in similarity


def test_a_margin_without_room_is_not_applied_and_the_others_are() -> None:
    figures = metrics(0.7, random=0.79, similarity=0.75, ideal=0.8)
    (sentence,) = not_applied(figures)
    assert sentence.startswith(
        "the margin +0.0200 of nDCG@10 above random order: random order already reaches 0.7900, "
    )
    assert sentence.endswith("and no ranking can exceed 0.8000")
    assert refused(figures) == ["nDCG@10 0.7000 is below the 0.7400 that similarity alone and its margin require"]


def test_a_margin_that_only_the_best_order_reaches_is_applied() -> None:
    assert len(refused(metrics(0.99, random=0.98, similarity=0.9))) == 1
    assert refused(metrics(1.0, random=0.98, similarity=0.9)) == []


@pytest.mark.parametrize(
    ("queries", "ideal", "reason"),
    [
        (0, NAN, "there is no held-out query"),
        (40, 0.0, "no held-out query has a relevant product"),
        (1, 1.0, "one held-out query is too few to tell a difference from noise, which takes 6"),
        (5, 1.0, "5 held-out queries are too few to tell a difference from noise, which takes 6"),
        (6, 1.0, None),
    ],
)
def test_searches_are_compared_if_their_difference_can_mean_something(
    queries: int, ideal: float, reason: str | None
) -> None:
    assert missing_comparison(queries, ideal) == reason
    decided = verdict(metrics(queries=queries, ideal=ideal, bm25=-0.3, served=-0.3), RetrievalThresholds())
    whole_catalogue = [sentence for sentence in decided.refused if "over the whole catalogue" in sentence]
    assert len(whole_catalogue) == (0 if reason else 2)
    assert sum(str(reason) in sentence for sentence in decided.not_applied) >= (2 if reason else 0)


def test_bm25_with_no_room_above_it_is_said() -> None:
    (sentence,) = not_applied(metrics(bm25=-0.03), above_bm25=0.7)
    assert sentence.endswith("above BM25 over the whole catalogue: BM25 already reaches 0.4000, and no ranking can "
                             "exceed 1.0000")  # fmt: skip


@pytest.mark.parametrize("margin", ["above_random", "above_similarity", "above_bm25"])
def test_a_margin_of_the_whole_range_refuses_every_model(margin: str) -> None:
    assert len(refused(metrics(1.0, 1.0, 1.0, with_labels=0, queries=1, bm25=0.5), **{margin: 1.5})) == 1


def test_unknown_thresholds_are_errors() -> None:
    with pytest.raises(ValidationError):
        RetrievalThresholds.model_validate({"above_bm26": 0.1})
