from collections import Counter
from collections.abc import Sequence

import pytest

from vitrine.data.contract.splits import normalise
from vitrine.data.sample.label_rules import ATTRIBUTES, label
from vitrine.data.sample.products import Product, make_products
from vitrine.data.sample.queries import Query, make_queries
from vitrine.data.sample.settings import SampleSettings
from vitrine.errors import ConfigError


def test_a_quarter_of_the_queries_is_held_out(queries: Sequence[Query]) -> None:
    assert Counter(query.split for query in queries) == {"train": 450, "eval": 150}


def test_no_text_is_in_both_splits_and_none_occurs_twice(queries: Sequence[Query]) -> None:
    assert len({normalise(query.text) for query in queries}) == len(queries)


def test_combinations_of_the_eval_split_are_never_asked_in_training(queries: Sequence[Query]) -> None:
    def combinations(split: str) -> set[tuple[str, str | None, str | None]]:
        return {(q.requested.category, q.requested.colour, q.requested.pattern) for q in queries if q.split == split}

    assert combinations("eval")
    assert not combinations("train") & combinations("eval")


def test_categories_of_the_eval_split_are_known_from_training(queries: Sequence[Query]) -> None:
    known = {query.requested.category for query in queries if query.split == "train"}
    assert {query.requested.category for query in queries if query.split == "eval"} <= known


def test_the_product_a_query_was_made_from_answers_it_visibly(
    queries: Sequence[Query], products: Sequence[Product]
) -> None:
    for query in queries:
        anchor = products[query.anchor]
        assert label(query.requested, anchor.traits) == "E"
        assert anchor.shown >= {name for name in ATTRIBUTES if getattr(query.requested, name)}


def test_queries_ask_in_many_ways(queries: Sequence[Query]) -> None:
    requested = Counter(tuple(name for name in ATTRIBUTES if getattr(query.requested, name)) for query in queries)
    assert {(), ("colour",), ("pattern",), ("colour", "pattern"), ("material",), ("brand",)} <= set(requested)
    assert sum("something" in query.text.lower() for query in queries) > 50
    assert sum(query.text.lower() in query.requested.category for query in queries) < 30


def test_more_queries_than_can_be_worded_are_refused() -> None:
    settings = SampleSettings(products=20, queries=100, queries_in_eval=0.01)
    with pytest.raises(ConfigError, match=r"--queries 100: only 99 different ones could be made from 20 products"):
        list(make_queries(make_products(settings), settings))
