import pytest

from tests.vitrine.interpretation.shop import PRODUCTS, WORDS, interpret
from vitrine.interpretation.catalogue_words import excluded_by_description
from vitrine.interpretation.constraint import Exclusion, Interpretation


def excluded(query: str) -> list[str]:
    """Return the titles that a query's only exclusion excludes."""
    (exclusion,) = interpret(query).constraints
    assert isinstance(exclusion, Exclusion)
    mask = WORDS.excluded(exclusion.field, exclusion.terms)
    return [title for (title, *_), is_excluded in zip(PRODUCTS, mask, strict=True) if is_excluded]


@pytest.mark.parametrize(
    "query", ["mug not red", "mug -red", "-red mug", "mug without red", "mug not in red", "MUG NOT RED", "mug, not red"]
)
def test_a_colour_is_excluded(query: str) -> None:
    interpretation = interpret(query)
    assert interpretation.text.lower() == "mug"
    assert excluded(query) == ["Red mug with handle", "Mug in scarlet and red"]


def test_a_colour_is_excluded_in_any_shade() -> None:
    assert excluded("mug not blue") == ["Navy blue mug"]


def test_a_brand_and_a_category_are_excluded_as_a_whole() -> None:
    assert excluded("mug not Kestrand") == ["Red mug with handle", "Navy blue mug"]
    assert excluded("mug not travel mug") == ["Green travel mug"]


def test_other_words_are_excluded_where_no_title_denies_them() -> None:
    assert excluded("mug without handle") == ["Red mug with handle"]
    assert excluded("mug without any handles") == ["Red mug with handle"]
    assert excluded("mug with no handle") == ["Red mug with handle"]


def test_words_that_stand_side_by_side_are_excluded_together() -> None:
    assert excluded("shirt without long sleeves") == ["Shirt with long sleeves and lace"]
    assert interpret("shirt without lace sleeves") == Interpretation("shirt without lace sleeves")


def test_a_phrase_ends_before_a_colour() -> None:
    interpretation = interpret("mug without handle green")
    assert interpretation.text == "mug green"
    assert [each.words for each in interpretation.constraints] == ["without handle"]


def test_alternatives_are_excluded_together() -> None:
    interpretation = interpret("mug not red or green")
    assert interpretation.text == "mug"
    assert [each.words for each in interpretation.constraints] == ["not red", "or green"]


@pytest.mark.parametrize(
    "query",
    [
        "non-stick pan",  # the catalogue writes nonstick
        "sugar-free gum",
        "sugar free gum",
        "no show socks",
        "not your mother's socks",
        "hands free phone",
        "mug no. 5",
        "article no 1977",
        "phone free shipping",
        "mug without unicorns",  # no text has the word
        "mug - red",
        "t-shirt",
    ],
)
def test_names_and_unknown_words_stay(query: str) -> None:
    assert interpret(query) == Interpretation(query)


@pytest.mark.parametrize("query", ["lace-free shirt", "lace free shirt", "no lace shirt", "non-lace shirt"])
def test_other_negations_exclude(query: str) -> None:
    assert interpret(query).text == "shirt"
    assert excluded(query) == ["Shirt with long sleeves and lace"]


def test_prices_and_negations_stand_together() -> None:
    interpretation = interpret("cheap mug under 20, not red")
    assert interpretation.text == "mug"
    assert [each.words for each in interpretation.constraints] == ["cheap", "under 20", "not red"]


def test_negations_can_be_switched_off() -> None:
    assert interpret("mug not red", negations=False) == Interpretation("mug not red")


def test_descriptions_exclude_by_other_words_only() -> None:
    exclusions = (Exclusion("", "text", "handle", ("handle",)), Exclusion("", "color", "red", ("red",)))
    texts = ["Has a handle.", "Has no handle.", "Goes with red.", ""]
    assert excluded_by_description(texts, exclusions).tolist() == [True, False, False, False]
