import numpy as np
import pytest

from vitrine.audit.groups.lists import Shown, list_figures, pair_figures, title_distance

EXACT, IRRELEVANT = (0.0, 0.0, 0.0, 1.0), (1.0, 0.0, 0.0, 0.0)


def shown(product_id, title="mug", text="", price=10.0, brand="Dunwick", category="mug"):
    terms = frozenset(title.split())
    return Shown(product_id, brand, category, price, terms, terms | frozenset(text.split()))


def test_a_list_is_measured_by_what_it_shows():
    products = [shown("a"), shown("b", price=30.0, brand="Arvelle", category="cup")]
    figures = list_figures(products, np.array([EXACT, IRRELEVANT], np.float32), False, "mug")
    assert figures["found"] == 1
    assert figures["results"] == 1
    assert figures["gain"] == pytest.approx(0.5)
    assert figures["in_category"] == 0.5
    assert figures["price"] == 20
    assert figures["brands"] == 2


def test_a_query_taken_for_junk_shows_nothing():
    figures = list_figures([shown("a")], np.array([EXACT], np.float32), True, "mug")
    assert (figures["found"], figures["junk"], figures["results"], figures["in_category"]) == (0, 1, 0, 0)
    assert np.isnan(figures["price"])


def test_a_catalogue_without_categories_has_no_figure_of_them():
    assert np.isnan(list_figures([shown("a")], np.array([EXACT], np.float32), False, "")["in_category"])


def test_equal_titles_have_no_distance():
    assert title_distance([shown("a"), shown("b")]) == 0
    assert title_distance([shown("a", "red mug"), shown("b", "blue plate")]) == 1


def test_lists_are_compared_beyond_the_products_that_name_a_group():
    first = [shown("a"), shown("w", text="woman")]
    second = [shown("a", price=10.0), shown("m", text="man", price=20.0)]
    figures = pair_figures(first, second, frozenset({"woman", "man"}))
    assert figures["overlap"] == 0.5
    assert figures["overlap_beyond"] == 1
    assert figures["moved"] == 0
    assert figures["price"] == pytest.approx(np.log(10 / 15))


def test_equal_lists_do_not_differ():
    products = [shown(name) for name in "abcdef"]
    figures = pair_figures(products, products, frozenset())
    assert figures == {"overlap": 1, "overlap_beyond": 1, "moved": 0, "price": 0}
