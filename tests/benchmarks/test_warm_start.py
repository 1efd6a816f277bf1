from pathlib import Path

import pandas as pd

from benchmarks.warm_start import BEFORE, BOTH, NEW_ALONE, NEW_QUERIES, OLD_QUERIES, categories, encoder_table, spans
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


def test_a_warm_start_is_compared_with_the_cold_one_of_its_span() -> None:
    rows = [
        {"seed": seed, "trained": f"{start}, both spans", "kind": kind, "query": query, "value": value,
         "seconds": 10.0, "goes_on": start == "warm", "epochs": [0.25, 0.5]}
        for seed in range(2)
        for start, value in (("cold", 0.25), ("warm", 0.5))
        for kind in (OLD_QUERIES, NEW_QUERIES)
        for query in ("mug", "lamp")
    ]  # fmt: skip
    *_, cold, warm = [
        [cell.strip() for cell in line.split("|")[1:-1]] for line in encoder_table(pd.DataFrame(rows)).splitlines()
    ]
    assert cold == ["cold, both spans", "10", "0 of 2", "0.250 → 0.500", "0.250", "0.250"]
    assert warm[2:] == ["2 of 2", "0.250 → 0.500", *["0.500 (+0.250 [+0.250, +0.250])"] * 2]
