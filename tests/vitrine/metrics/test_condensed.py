import pytest

from vitrine.metrics.condensed import condense, unjudged_share
from vitrine.metrics.ranking import Judgements, Run, evaluate

POOLS = {"mug": {"a", "b"}, "lamp": {"c"}}


def test_unjudged_products_are_left_out_and_the_order_stays() -> None:
    ranked = {"mug": ["x", "b", "c", "a"], "lamp": ["x"]}
    assert condense(ranked, POOLS) == {"mug": ["b", "a"], "lamp": []}


def test_the_share_of_unjudged_products_counts_the_first_results_of_all_queries() -> None:
    ranked = {"mug": ["a", "x", "b"], "lamp": ["x", "y"]}
    assert unjudged_share(ranked, POOLS) == pytest.approx(3 / 5)
    assert unjudged_share(ranked, POOLS, depth=1) == pytest.approx(1 / 2)


def test_without_results_none_is_unjudged() -> None:
    assert unjudged_share({"mug": [], "lamp": []}, POOLS) == 0


def test_a_condensed_list_is_not_punished_for_what_nobody_judged() -> None:
    judged = Judgements.from_labels(["mug", "mug"], ["a", "b"], ["E", "I"])
    ranked = {"mug": ["x", "y", "a", "b"]}
    whole, condensed = (
        evaluate(judged, Run.from_top(list(lists), list(lists.values())), ["ndcg@10", "mrr"])["ndcg@10"].value
        for lists in (ranked, condense(ranked, judged.pools))
    )
    assert whole == pytest.approx(0.5)
    assert condensed == 1
