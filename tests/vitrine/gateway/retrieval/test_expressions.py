from vitrine.gateway.retrieval.expressions import expression, quoted
from vitrine.gateway.schemas import Filters


def test_no_filter_is_no_condition() -> None:
    assert expression(Filters()) == ""
    assert expression(Filters(in_stock=True)) == ""


def test_values_are_compared_in_lower_case() -> None:
    filters = Filters(brand=["Avelo", 'O"Neil'], category=["Mug"])
    assert expression(filters) == 'brand in ["avelo", "o\\"neil"] and category in ["mug"]'


def test_a_colour_contains_all_words_of_one_value() -> None:
    filters = Filters(color=["Deep Blue", "red"])
    assert expression(filters) == '((color like "% deep %" and color like "% blue %") or (color like "% red %"))'


def test_unknown_prices_do_not_pass_and_known_ones_are_compared_as_stored() -> None:
    assert expression(Filters(price_max=12.3)) == "price >= 0.0 and price <= 12.300000190734863"
    assert expression(Filters(price_min=5)) == "price >= 5.0"
    assert expression(Filters(price_min=5, brand=["a"]), by_price=False) == 'brand in ["a"]'


def test_literals_are_escaped() -> None:
    assert quoted('a\\"\n') == '"a\\\\\\"\\n"'
