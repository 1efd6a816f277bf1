import pytest

from vitrine.gateway.catalogue.product_table import ProductRow
from vitrine.gateway.search.reasons import explain, matched_words


def product(title: str = "", **fields: str) -> ProductRow:
    texts = {"title": title, "brand": "", "color": "", "category": "", "description": ""} | fields
    return {  # type: ignore[return-value]
        "product_id": "p", "price": None, "stock": None, "popularity": None, "attributes": {}, "image": "", **texts,
    }  # fmt: skip


SHOES = product("Red Running Shoes", brand="Avelo", color="crimson", category="shoes")


def test_words_match_in_any_form_and_once() -> None:
    assert matched_words(["a RED shoe to run, red!", "avelo"], [SHOES]) == [["red", "shoe", "avelo"]]


@pytest.mark.parametrize(
    ("query", "title", "words"),
    [
        ("tshirt", "T-shirt", ["tshirt"]),
        ("t shirt", "Tshirt", ["t", "shirt"]),
        ("450 ml mug", "Mug, 0.45 l", ["450", "ml", "mug"]),
        ("0.45 l mug", "450ml mug", ["0", "45", "l", "mug"]),
        ("wh1000xm4", "WH-1000XM4", ["wh1000xm4"]),
        ("café tables", "Cafe table", ["café", "tables"]),
        ("5'6\" rug", "Rug 5ft 6in", ["5", "6", "rug"]),
    ],
)
def test_words_match_as_the_text_analysis_has_them(query: str, title: str, words: list[str]) -> None:
    assert matched_words([query], [product(title)]) == [words]


@pytest.mark.parametrize("title", ["Mug, 250 ml", "Mug 450 g"])
def test_a_number_matches_with_its_unit_only(title: str) -> None:
    assert matched_words(["450 ml mug"], [product(title)]) == [["mug"]]


def test_words_match_in_the_forms_of_the_catalogues_language() -> None:
    tasse = product("Blaue Tasse")
    assert matched_words(["tassen"], [tasse], {"tassen": "tass"}) == [["tassen"]]
    assert matched_words(["tassen"], [tasse]) == [[]]


def test_neighbouring_fields_and_ways_of_writing_are_apart() -> None:
    assert matched_words(["450", "ml"], [product("Mug 450", brand="ml")]) == [["450", "ml"]]
    assert matched_words(["450 ml"], [product("Mug 450", brand="ml")]) == [["ml"]]


@pytest.mark.parametrize("query", ["", " . ", "!!", "🙂"])
def test_a_query_without_words_matches_nothing(query: str) -> None:
    assert matched_words([query], [SHOES, product()]) == [[], []]


def test_the_summary_names_words_and_strong_similarities() -> None:
    reason = explain(["red", "shoe", "avelo"], 2.5, 1.2)
    assert reason.summary == (
        "Has “red”, “shoe” and “avelo”; its text is very close to what was asked for; "
        "its image is close to what was asked for"
    )


def test_weak_similarities_are_reported_as_such() -> None:
    reason = explain([], 0.3, None)
    assert reason.words == []
    assert reason.summary == "The closest match, though neither its words nor its similarity are strong"
    assert reason.by_image is None
