"""The labels that a page shows: probable ones, and none that contradicts the category asked for."""

import pytest

from vitrine.gateway.schemas.answers import PredictedCategory
from vitrine.gateway.search.badges import asked_categories, badge


def predicted(category: str, probability: float) -> list[PredictedCategory]:
    return [PredictedCategory(category=category, probability=probability)]


def test_a_filter_says_what_is_asked_for_and_else_a_probable_prediction() -> None:
    assert asked_categories(["Kitchen>Mugs"], predicted("lamps", 0.9)) == {"kitchen > mugs"}
    assert asked_categories([], predicted("Lamps", 0.5)) == {"lamps"}
    assert asked_categories([], predicted("Lamps", 0.49)) == asked_categories([], []) == frozenset()


@pytest.mark.parametrize("label", ["E", "S", "C", "I"])
def test_a_label_that_is_less_probable_than_all_others_together_is_not_shown(label: str) -> None:
    assert badge(label, 0.49, "mugs", {"mugs"}) is None
    assert badge(label, 0.5, "mugs", {"mugs"}) == label


def test_exact_is_not_shown_beside_a_product_of_another_category() -> None:
    asked = {"kitchen > mugs"}
    assert badge("E", 0.99, "Kitchen > Lids", asked) is None
    assert badge("E", 0.99, "Kitchen > Mugs", asked) == "E"
    assert badge("E", 0.99, "Kitchen > Mugs > Travel mugs", asked) == "E"
    assert badge("E", 0.99, "Kitchen", asked) == "E"
    assert badge("E", 0.99, "Kitchenware", asked) is None
    assert badge("S", 0.99, "Kitchen > Lids", asked) == "S"


def test_what_is_unknown_contradicts_nothing() -> None:
    assert badge("E", 0.99, "", {"mugs"}) == badge("E", 0.99, "mugs", frozenset()) == "E"
