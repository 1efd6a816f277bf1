import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.monitoring.languages import language_of_query


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("stuhl für die küche", "german"),
        ("chaise pour la cuisine", "french"),
        ("chair for the kitchen", "english"),
        ("silla para los niños", "spanish"),
        ("iphone 15 case", "latin"),
        ("красная кружка", "cyrillic"),
        ("紅茶", "cjk"),
        ("كوب أحمر", "arabic"),
        ("12345-67", "none"),
        ("", "none"),
    ],
)
def test_a_query_has_a_language_or_a_script(query: str, language: str) -> None:
    assert language_of_query(query) == language


def test_function_words_of_two_languages_decide_nothing() -> None:
    assert language_of_query("the die") == "latin"


@given(st.text(max_size=30))
def test_any_text_has_one(text: str) -> None:
    assert language_of_query(text)
