import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.sample.attributes import COLOUR, PATTERN
from vitrine.data.sample.phrases import mistype, noun_phrase, with_article

seeds = st.integers(0, 2**32 - 1)


@given(seeds)
def test_a_noun_phrase_says_every_attribute_given(seed: int) -> None:
    phrase = noun_phrase("cup", "red", "striped", "steel", np.random.default_rng(seed))
    assert any(word in phrase for word in ("red", *COLOUR["red"].synonyms))
    assert any(word in phrase for word in (*PATTERN["striped"].adjectives, *PATTERN["striped"].phrases))
    assert "steel cup" in phrase


def test_a_noun_phrase_without_attributes_is_the_noun() -> None:
    assert noun_phrase("cup", None, None, None, np.random.default_rng(0)) == "cup"


@given(st.lists(st.from_regex(r"[a-z]{1,9}", fullmatch=True), min_size=1, max_size=6), seeds)
def test_a_typo_touches_one_long_word_at_most(words: list[str], seed: int) -> None:
    typed = mistype(" ".join(words), np.random.default_rng(seed)).split(" ")
    changed = [word for word, now in zip(words, typed, strict=True) if word != now]
    assert len(changed) <= 1
    assert all(len(word) >= 5 for word in changed)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("red mug", "a red mug"),
        ("umbrella", "an umbrella"),
        ("apricot dress", "an apricot dress"),
        ("wool socks", "wool socks"),
    ],
)
def test_articles(words: str, expected: str) -> None:
    assert with_article(words) == expected
