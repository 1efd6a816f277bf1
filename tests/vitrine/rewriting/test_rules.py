import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitrine.rewriting.shop import rewrite, rules, written
from vitrine.rewriting.rewrite import MAX_QUERY, Change, Rewrite

LINES = """
settee, couch, sofa
telly => television set
mug red => cup
set mug => mug mug
chair => chair leather
"""
WORDS = "chair mug red settee telly set television lether drress dress es 5in 5 inch phonecase rtx3080 cre\u0300me ?"
PIECES = [*re.split(" ", WORDS), ", ", "-", '"', "\u0301", "İ", "ß", "ΑΣ", "\ud800", "5\u0131n", "5 cm\u017f"]
QUERIES = st.text() | st.builds(str.join, st.sampled_from(["", " "]), st.lists(st.sampled_from(PIECES), max_size=12))


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    return rules(synonyms=written(tmp_path_factory.mktemp("shop"), LINES))


@pytest.fixture(scope="module")
def contrary(tmp_path_factory):
    """Rules with entries that undo others or match their results."""
    lines = f"{LINES}\n5 inch => 5in\nset leather => telly chair\nred => red red"
    return rules(synonyms=written(tmp_path_factory.mktemp("contrary"), lines))


def test_all_changes_are_reported_in_order(shop):
    changed = shop.apply('drress for a 5" telly')
    assert changed == Rewrite(
        "dress for a 5 inch television set",
        (
            Change("spelling", "drress", "dress"),
            Change("unit", '5"', "5 inch"),
            Change("synonym", "telly", "television set"),
        ),
        "rules",
    )


def test_a_query_without_changes_is_returned_as_it_was_typed(shop):
    assert shop.apply("  Cre\u0300me dress ") == Rewrite("  Cre\u0300me dress ", (), "rules")


def test_rules_that_undo_each_other_change_nothing(tmp_path):
    path = written(tmp_path, "5 inch => 5in")
    assert rewrite("a drress 5 inch", synonyms=path) == Rewrite("a drress 5 inch", (), "rules")


def test_each_part_can_be_switched_off():
    assert rewrite("drress 5in", spelling=False).query == "drress 5 inch"
    assert rewrite("drress 5in", units=False).query == "dress 5in"


def test_an_empty_vocabulary_changes_nothing():
    assert rules({}).apply("drress 5in").changes == ()


def test_longer_queries_pass():
    assert rewrite("drress" + " " * MAX_QUERY).changes == ()


@given(QUERIES)
def test_a_rewritten_query_is_not_rewritten_again(shop, contrary, query):
    for ruleset in (shop, contrary):
        once = ruleset.apply(query)
        assert ruleset.apply(once.query) == Rewrite(once.query, (), "rules")
        assert bool(once.changes) == (once.query != query)


@pytest.mark.parametrize(
    "query",
    [
        "lethe " * 166,
        "phonecase" * 111,
        "x" * MAX_QUERY,
        '5"' * 500,
        "1" * MAX_QUERY,
        "1." * 500,
        "1,1 " * 250,
        "a " * 500,
        "telly " * 166,
        "\u0301" * MAX_QUERY,
    ],
)
def test_long_queries_take_milliseconds(shop, query):
    shop.apply(query)
    started = time.process_time()
    shop.apply(query)
    assert time.process_time() - started < 0.25
