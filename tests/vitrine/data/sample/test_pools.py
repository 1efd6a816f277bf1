from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest

from vitrine.data.sample.label_rules import ATTRIBUTES, label
from vitrine.data.sample.pools import Pools
from vitrine.data.sample.products import Product
from vitrine.data.sample.queries import Query
from vitrine.data.sample.settings import SampleSettings


def judged(
    queries: Sequence[Query], products: Sequence[Product], settings: SampleSettings
) -> list[tuple[Query, Product, str]]:
    pools = Pools(products, settings)
    return [(query, products[index], given) for query in queries for index, given in pools.judge(query)]


@pytest.fixture(scope="module")
def clean(queries, products, settings) -> list[tuple[Query, Product, str]]:
    return judged(queries, products, replace(settings, label_noise=0.0))


@pytest.fixture(scope="module")
def noisy(queries, products, settings) -> list[tuple[Query, Product, str]]:
    return judged(queries, products, settings)


def test_about_twenty_products_are_judged_per_query_and_none_twice(noisy) -> None:
    assert len(noisy) == pytest.approx(12_000, rel=0.05)
    assert len({(query.query_id, product.product_id) for query, product, _ in noisy}) == len(noisy)


def test_without_noise_every_label_follows_the_rules(clean) -> None:
    assert all(given == label(query.requested, product.traits) for query, product, given in clean)


@pytest.mark.parametrize("split", ["train", "eval"])
def test_noise_replaces_the_stated_share_of_labels_in_both_splits(noisy, split: str) -> None:
    pairs = [(given, label(q.requested, product.traits)) for q, product, given in noisy if q.split == split]
    assert sum(given != true for given, true in pairs) / len(pairs) == pytest.approx(0.03, abs=0.01)


def test_noise_can_be_turned_up(queries, products, settings) -> None:
    pairs = [
        (given, label(query.requested, product.traits))
        for query, product, given in judged(queries, products, replace(settings, label_noise=0.5))
    ]
    assert sum(given != true for given, true in pairs) / len(pairs) == pytest.approx(0.475, abs=0.02)


def test_every_pool_has_an_exact_answer_in_spite_of_noise(noisy, queries) -> None:
    assert {query.query_id for query, _, given in noisy if given == "E"} == {query.query_id for query in queries}


@pytest.mark.parametrize("split", ["train", "eval"])
def test_labels_are_in_balance(noisy, split: str) -> None:
    counts = Counter(given for query, _, given in noisy if query.split == split)
    shares = {given: count / counts.total() for given, count in counts.items()}
    assert shares == pytest.approx({"E": 0.30, "S": 0.27, "C": 0.17, "I": 0.26}, abs=0.05)


def test_what_is_judged_can_be_seen(clean) -> None:
    for query, product, given in clean:
        if product.traits.category == query.requested.category:
            assert product.shown >= {name for name in ATTRIBUTES if getattr(query.requested, name)}, given


def test_many_irrelevant_products_share_the_colour_asked_for(clean) -> None:
    irrelevant = [(query, product) for query, product, given in clean if given == "I" and query.requested.colour]
    alike = [product.traits.colour == query.requested.colour for query, product in irrelevant]
    assert sum(alike) / len(alike) > 0.3
