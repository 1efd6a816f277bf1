from vitrine.gateway.retrieval.expressions import expression, of_encoder, quoted
from vitrine.gateway.schemas.filters import Filters

OF_ENCODER = 'encoder == "abc" and '


def conditions(filters: Filters, by_price: bool = True) -> str:
    found = expression("abc", filters, by_price)
    assert found.startswith(OF_ENCODER)
    return found.removeprefix(OF_ENCODER)


def test_vectors_are_always_those_of_the_encoder() -> None:
    assert expression("abc", Filters()) == of_encoder("abc") == 'encoder == "abc"'
    assert expression("abc", Filters(in_stock=True)) == 'encoder == "abc"'


def test_values_are_compared_in_lower_case() -> None:
    assert conditions(Filters(brand=["Avelo", 'O"Neil'])) == 'brand in ["avelo", "o\\"neil"]'


def test_a_category_is_found_at_its_level_and_below() -> None:
    filters = Filters(category=["Kitchen>Mugs", "Bags"])
    assert conditions(filters) == (
        '(category in ["kitchen > mugs", "bags"] or category like "kitchen > mugs > %" or category like "bags > %")'
    )


def test_a_colour_contains_all_words_of_one_value() -> None:
    filters = Filters(color=["Deep Blue", "red"])
    assert conditions(filters) == '((color like "% deep %" and color like "% blue %") or (color like "% red %"))'


def test_unknown_prices_do_not_pass_and_known_ones_are_compared_as_stored() -> None:
    assert conditions(Filters(price_max=12.3)) == "price >= 0.0 and price <= 12.300000190734863"
    assert conditions(Filters(price_min=5)) == "price >= 5.0"
    assert conditions(Filters(price_min=5, brand=["a"]), by_price=False) == 'brand in ["a"]'


def test_literals_are_escaped() -> None:
    assert quoted('a\\"\n') == '"a\\\\\\"\\n"'
