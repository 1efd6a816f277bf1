import numpy as np
import pytest

from vitrine.audit.robustness.languages import LANGUAGES, dictionary, translate

CODES = [kind.name.removeprefix("language_") for kind in LANGUAGES]


def test_every_word_has_a_translation_into_every_language() -> None:
    for word, translations in dictionary().items():
        assert all(translations[language].strip() for language in CODES), word


@pytest.mark.parametrize("language", CODES)
def test_translations_are_in_the_script_of_their_language(language: str) -> None:
    first, last = {"ja": (0x3000, 0x9FFF), "ar": (0x0600, 0x06FF)}.get(language, (0x20, 0x17F))
    for translations in dictionary().values():
        letters = [sign for sign in translations[language] if sign.isalpha()]
        assert any(first <= ord(sign) <= last for sign in letters), translations


@pytest.mark.parametrize(
    ("language", "expected"),
    [("es", "taza de viaje rojo"), ("fr", "mug de voyage rouge"), ("de", "rot Reisebecher"), ("ja", "赤いトラベルマグ"),
     ("romaji", "akai toraberu magu"), ("ar", "كوب سفر أحمر")],
)  # fmt: skip
def test_adjectives_and_a_noun_are_translated_in_the_order_of_the_language(language: str, expected: str) -> None:
    assert translate(language, "a red travel mug", np.random.default_rng(0)) == expected


@pytest.mark.parametrize("query", ["red xqzt", "mug with stripes", ""])
def test_queries_with_other_words_are_left_out(query: str) -> None:
    assert translate("es", query, np.random.default_rng(0)) is None
