from pathlib import Path

from benchmarks.warm_start import BEFORE, BOTH, NEW_ALONE, categories, spans
from vitrine.data.contract.files import read_catalogue, read_judgements


def test_no_span_has_a_query_that_measures() -> None:
    queries = [f"query {number}" for number in range(400)]
    for seed in range(2):
        parts, measuring = spans(queries, lambda query: query.endswith("7"), seed)
        assert 60 < len(measuring) < 140
        assert parts[BEFORE] | parts[NEW_ALONE] == parts[BOTH] == set(queries) - measuring
        assert parts[NEW_ALONE] == {query for query in parts[BOTH] if query.endswith("7")}


def test_the_category_of_a_query_is_that_of_its_exact_products(tiny_data: Path) -> None:
    judgements, catalogue = read_judgements(tiny_data, "train"), read_catalogue(tiny_data)
    found = categories(judgements, catalogue)
    assert set(found.values()) <= set(catalogue["category"].to_pylist())
    assert found.keys() <= set(judgements["query"].to_pylist())
    assert len(found) > 1
