import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.rewriting.rewrite import Change
from vitrine.rewriting.widths import Widths


def test_words_in_full_width_get_their_ordinary_width():
    text, changes = Widths({"mug"}).normalise("ｒｅｄ mug ３２ＧＢ")
    assert text == "red mug 32GB"
    assert changes == [Change("form", "ｒｅｄ", "red"), Change("form", "３２ＧＢ", "32GB")]


def test_a_word_that_the_catalogue_has_in_full_width_stays():
    assert Widths({"ｕｓｂ"}).normalise("ＵＳＢ") == ("ＵＳＢ", [])


@pytest.mark.parametrize("text", ["カメラ", "手机", "red mug", ""])
def test_other_scripts_and_ordinary_words_stay(text):
    assert Widths(()).normalise(text) == (text, [])


@given(st.text())
def test_a_second_time_changes_nothing(text):
    once, _ = Widths(()).normalise(text)
    assert Widths(()).normalise(once) == (once, [])
