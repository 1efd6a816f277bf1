import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitrine.interpretation.shop import interpret
from vitrine.interpretation.constraint import Interpretation, PriceBound, PriceLevel


@pytest.mark.parametrize(
    ("query", "low", "high"),
    [
        ("mug under 20", None, 20),
        ("under 20 mug", None, 20),
        ("mug below $20", None, 20),
        ("mug less than 1,000", None, 1000),
        ("mug for less than 1.000 €", None, 1000),
        ("mug up to 19,50 euros", None, 19.5),
        ("mug priced under 20", None, 20),
        ("mug no more than 20 dollars", None, 20),
        ("mug not over 20", None, 20),
        ("mug over 50", 50, None),
        ("mug at least 50 dollars", 50, None),
        ("mug $50+", 50, None),
        ("mug 500 euros or less", None, 500),
        ("mug between 20 and 50", 20, 50),
        ("mug between $50 and $20", 20, 50),
        ("mug from 20 to 50 euros", 20, 50),
        ("20-50 dollars mug", 20, 50),
        ("mug $20 - $50", 20, 50),
        ("mug < $20", None, 20),
        ("mug unter 20 euro", None, 20),
        ("mug moins de 20 euros", None, 20),
        ("mug menos de 20 euros", None, 20),
    ],
)
def test_a_clear_bound_becomes_a_price(query: str, low: float | None, high: float | None) -> None:
    interpretation = interpret(query)
    assert interpretation.text == "mug"
    (bound,) = interpretation.constraints
    assert isinstance(bound, PriceBound)
    assert (bound.minimum, bound.maximum) == (low, high)


@pytest.mark.parametrize(
    "query",
    [
        "shelf under 20 inch",
        "shelf under 20 in",
        'shelf under 20"',
        "shelf under 20x30",
        "drill over 18 volts",
        "battery up to 20 hours",
        "under 20 pieces",
        "size 20",
        "size under 40",
        "iphone 12",
        "shoes for kids under 10",
        "vitamins for women over 50",
        "discount over 50%",
        "mug 20-50",
        "mug 20",
        "phone 50+",
        "mug < 20",
        "under 20k mug",
        "under 99999999999999999999",
        "air max 90",
    ],
)
def test_other_numbers_are_no_prices(query: str) -> None:
    assert interpret(query) == Interpretation(query)


def test_two_bounds_are_both_kept() -> None:
    assert interpret("mug over 10 under 20").constraints == (
        PriceBound("over 10", minimum=10),
        PriceBound("under 20", maximum=20),
    )


@pytest.mark.parametrize(
    ("query", "level"),
    [
        ("cheap phone", "low"),
        ("Affordable phone", "low"),
        ("phone not too expensive", "low"),
        ("low-cost phone", "low"),
        ("günstige phone", "low"),
        ("expensive phone", "high"),
        ("not cheap phone", "high"),
        ("luxury phone", "high"),
    ],
)
def test_a_relative_price_is_a_level(query: str, level: str) -> None:
    interpretation = interpret(query)
    assert interpretation.text == "phone"
    assert [each.level for each in interpretation.constraints if isinstance(each, PriceLevel)] == [level]


@pytest.mark.parametrize("query", ["budget planner", "premium planner", "premium"])
def test_words_that_titles_have_mean_what_they_say(query: str) -> None:
    assert interpret(query) == Interpretation(query)


@pytest.mark.parametrize("query", ["mug under 20", "cheap mug", "mug between 20 and 50"])
def test_without_prices_nothing_is_a_price(query: str) -> None:
    assert interpret(query, has_prices=False) == Interpretation(query)
    assert interpret(query, prices=False) == Interpretation(query)


def test_a_query_of_nothing_else_keeps_its_words() -> None:
    assert interpret("under 20") == Interpretation("under 20", (PriceBound("under 20", maximum=20),))


@given(st.text(max_size=200) | st.text("under 20$€-,.x+ mug not red", max_size=200))
def test_any_text_is_interpreted(query: str) -> None:
    interpret(query)


@pytest.mark.parametrize("query", ["under " * 166, "1," * 500, "20-" * 333, "$" * 1000, "not " * 250, "cheap " * 166])
def test_long_queries_take_milliseconds(query: str) -> None:
    interpret(query)
    started = time.process_time()
    interpret(query)
    assert time.process_time() - started < 0.25
