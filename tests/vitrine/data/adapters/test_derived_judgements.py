from pathlib import Path

from vitrine.data.adapters.derived_judgements import MAX_JUDGED, InformationNeed, judge
from vitrine.data.contract.splits import is_eval

PRODUCTS = [f"p{number}" for number in range(100)]


def labels(*needs: InformationNeed) -> dict[tuple[str, str], str]:
    table = judge(needs, PRODUCTS, Path("catalog.json")).table
    keys = zip(table["query"].to_pylist(), table["product_id"].to_pylist(), strict=True)
    return dict(zip(keys, table["esci_label"].to_pylist(), strict=True))


def test_a_product_has_the_best_label_that_a_rule_gives_it():
    need = InformationNeed("mug", {"p1"}, {"p1", "p2"}, {"p1", "p2", "p3"})
    judged = labels(need)
    assert {product: judged["mug", product] for product in ("p1", "p2", "p3")} == {"p1": "E", "p2": "S", "p3": "C"}
    assert sum(label == "I" for label in judged.values()) == MAX_JUDGED["I"]


def test_every_exact_product_is_judged_and_others_up_to_a_limit():
    judged = list(labels(InformationNeed("mug", set(PRODUCTS[:40]), set(PRODUCTS[40:80]), set(PRODUCTS[80:]))).values())
    assert [judged.count(label) for label in "ESCI"] == [40, MAX_JUDGED["S"], MAX_JUDGED["C"], 0]


def test_needs_with_the_same_query_are_one():
    judged = labels(
        InformationNeed("Red Mug", {"p1"}, set(), set()), InformationNeed("red  mug", {"p2"}, {"p1"}, set())
    )
    assert [key for key, label in judged.items() if label == "E"] == [("red mug", "p1"), ("red mug", "p2")]
    assert "S" not in judged.values()


def test_a_need_that_nothing_answers_is_left_out():
    assert labels(InformationNeed("unicorn", set(), {"p1"}, set())) == {}


def test_the_choice_does_not_depend_on_the_order_of_products():
    need = InformationNeed("mug", {"p1"}, set(), set())
    table = judge([need], PRODUCTS, Path("a")).table
    assert table == judge([need], PRODUCTS[::-1], Path("a")).table


def test_every_judgement_is_marked_as_derived():
    table = judge([InformationNeed("mug", {"p1"}, set(), set())], PRODUCTS, Path("a")).table
    assert set(table["source"].to_pylist()) == {"derived"}


def test_unclear_products_are_not_judged():
    judged = labels(InformationNeed("mug", {"p1"}, {"p2"}, set(), unclear={"p3"}))
    assert ("mug", "p3") not in judged
    in_two_needs = labels(
        InformationNeed("mug", {"p1"}, set(), set(), unclear={"p2"}), InformationNeed("Mug", {"p2"}, set(), set())
    )
    assert in_two_needs["mug", "p2"] == "E"


def test_splits_go_by_the_hash_of_the_query():
    needs = [InformationNeed(f"query {number}", {"p1"}, set(), set()) for number in range(30)]
    table = judge(needs, PRODUCTS[:2], Path("a")).table
    expected = ["eval" if is_eval(query) else "train" for query in table["query"].to_pylist()]
    assert table["split"].to_pylist() == expected
