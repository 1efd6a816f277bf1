import pyarrow as pa
import pytest

from components.integrity import find_violations

CATALOGUE = pa.table({"product_id": ["p1", "p2", "p3"]})


def judged(*pairs: tuple[str, str]) -> pa.Table:
    return pa.table({"query": [query for query, _ in pairs], "product_id": [product for _, product in pairs]})


def test_valid_data_has_no_violations() -> None:
    judgements = {"train": judged(("red mug", "p1"), ("red mug", "p2")), "eval": judged(("blue mug", "p1"))}
    assert find_violations(judgements, CATALOGUE) == []


def test_a_query_in_both_splits_is_named_however_it_is_written() -> None:
    judgements = {"train": judged(("Red  mug", "p1")), "eval": judged(("red mug", "p2"), ("lamp", "p3"))}
    assert find_violations(judgements, CATALOGUE) == [
        "judgements/eval: column query: 'red mug' is in judgements/train as well."
    ]


def test_a_judged_product_must_be_in_the_catalogue() -> None:
    judgements = {"train": judged(("red mug", "p9"), ("red mug", "p1"), ("lamp", "p9"))}
    assert find_violations(judgements, CATALOGUE) == [
        "judgements/train: column product_id: 'p9' is not in the catalogue."
    ]


@pytest.mark.parametrize(
    ("repeated", "listed"),
    [(["p1", "p2"], "'p1', 'p2' are"), ([f"p{number}" for number in range(1, 7)], "'p1', 'p2', 'p3' and 3 others are")],
)
def test_a_few_violations_are_named_and_the_rest_counted(repeated: list[str], listed: str) -> None:
    catalogue = pa.table({"product_id": [*repeated, *repeated]})
    assert find_violations({}, catalogue) == [f"catalogue: column product_id: {listed} in more than one row."]
