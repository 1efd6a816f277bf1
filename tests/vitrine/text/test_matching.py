import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.text.analysis import analyse
from vitrine.text.matching import TEXTS, WordMatcher


@pytest.fixture
def matcher() -> WordMatcher:
    return WordMatcher({})


def test_words_match_in_any_form_and_once(matcher: WordMatcher) -> None:
    shoes = "Red Running Shoes . Avelo . crimson"
    assert matcher.matched(["a RED shoe to run, red!", "avelo"], [shoes]) == [["red", "shoe", "avelo"]]


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
def test_words_match_as_the_text_analysis_has_them(
    matcher: WordMatcher, query: str, title: str, words: list[str]
) -> None:
    assert matcher.matched([query], [title]) == [words]


@pytest.mark.parametrize("title", ["Mug, 250 ml", "Mug 450 g"])
def test_a_number_matches_with_its_unit_only(matcher: WordMatcher, title: str) -> None:
    assert matcher.matched(["450 ml mug"], [title]) == [["mug"]]


def test_words_match_in_the_forms_of_the_catalogues_language(matcher: WordMatcher) -> None:
    assert WordMatcher({"tassen": "tass"}).matched(["tassen"], ["Blaue Tasse"]) == [["tassen"]]
    assert matcher.matched(["tassen"], ["Blaue Tasse"]) == [[]]


def test_ways_of_writing_are_apart(matcher: WordMatcher) -> None:
    assert matcher.matched(["450", "ml"], ["Mug 450 . ml"]) == [["450", "ml"]]


@pytest.mark.parametrize("query", ["", " . ", "!!", "🙂"])
def test_a_query_without_words_matches_nothing(matcher: WordMatcher, query: str) -> None:
    assert matcher.matched([query], ["Red mug", ""]) == [[], []]


def test_what_is_kept_changes_no_answer(matcher: WordMatcher) -> None:
    texts = [f"Mug {number}" for number in range(TEXTS + 10)]
    expected = [["mug"]] * 3
    for part in (texts[:3], texts[5 : TEXTS + 5], texts[:3], [texts[0], texts[0], texts[-1]]):
        assert matcher.matched(["mugs"], part)[:3] == [["mugs"]] * 3
    assert matcher.matched(["mug"], texts[:3]) == expected


@given(st.text(max_size=40))
def test_a_text_has_all_of_its_own_words(text: str) -> None:
    (words,) = WordMatcher({}).matched([text], [text])
    assert all(word in text.casefold() for word in words)
    if text.isascii() and text.isalpha() and analyse(text):
        assert words == [text.casefold()]
