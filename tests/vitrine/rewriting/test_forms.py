import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitrine.rewriting.shop import VOCABULARY, rewrite
from vitrine.rewriting.forms import Forms
from vitrine.rewriting.rewrite import Change

FORMS = Forms({"teapot": 5, "café": 2, "knives": 3, "mug": 9, "mugs": 1, "brollies": 4, "lego": 1}, {"brolly"}, 2)


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("teapots", "teapot"),
        ("Red TEAPOTS, two", "Red TEAPOT, two"),
        ("cafe", "café"),
        ("knife", "knives"),
        ("ｔｅａｐｏｔ", "teapot"),
    ],
)
def test_words_take_the_form_that_the_catalogue_has(typed: str, written: str) -> None:
    assert FORMS.normalise(typed)[0] == written


@pytest.mark.parametrize(
    "query",
    [
        "mugs",  # the catalogue has both
        "brolly",  # a word of the synonyms
        "legos",  # too rare to be sure of
        "xqzts 450ml WH-1000XM4",
        "",
    ],
)
def test_other_words_stay(query: str) -> None:
    assert FORMS.normalise(query) == (query, [])


def test_a_changed_form_is_reported_and_can_be_switched_off() -> None:
    assert rewrite("mugs and straps").changes == (Change("form", "mugs", "mug"), Change("form", "straps", "strap"))
    assert rewrite("mugs and straps", forms=False).changes == ()


def test_other_forms_of_a_language_take_the_form_of_the_catalogue() -> None:
    german = {"tasse": 4, "lampe": 3, "mit": 5, "und": 6, "für": 3}
    assert rewrite("Tassen und lampen", vocabulary=german).query == "Tasse und lampe"


@given(st.lists(st.sampled_from([word for word in VOCABULARY if " " not in word]), max_size=20))
def test_words_of_the_catalogue_are_never_changed(words: list[str]) -> None:
    assert Forms(VOCABULARY, (), 1).normalise(" ".join(words))[1] == []
