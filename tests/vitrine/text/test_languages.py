import pytest

from vitrine.text.languages import ENDINGS, FUNCTION_WORDS, language_of


@pytest.mark.parametrize("language", FUNCTION_WORDS)
def test_a_language_is_known_by_its_function_words(language: str) -> None:
    assert language_of(dict.fromkeys(FUNCTION_WORDS[language].split(), 1)) == language


def test_a_few_function_words_among_many_say_nothing() -> None:
    assert language_of({"und": 1, "mug": 200}) == ""
    assert language_of({}) == ""


def test_languages_with_endings_can_be_told() -> None:
    assert ENDINGS.keys() <= FUNCTION_WORDS.keys()
