import re

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.sample.attributes import COLOUR, PATTERN
from vitrine.data.sample.catalogue_text import ProductText, describe, minimal_text
from vitrine.data.sample.label_rules import ATTRIBUTES, Traits

TRAITS = Traits("mug", "red", "striped", "stoneware", "Dunwick", "350 ml")
RED = ("red", *COLOUR["red"].synonyms)
STRIPED = (*PATTERN["striped"].adjectives, *PATTERN["striped"].phrases)


def says(text: ProductText, words: tuple[str, ...]) -> bool:
    everything = " ".join((text.title, text.description, text.brand, text.color)).lower()
    return re.search(rf"\b({'|'.join(words)})\b", everything) is not None


def texts(mentioned: frozenset[str], count: int = 300) -> list[ProductText]:
    return [describe(TRAITS, mentioned, True, np.random.default_rng(seed)) for seed in range(count)]


def test_what_is_told_is_said_but_for_typos() -> None:
    all_told = texts(frozenset(ATTRIBUTES))
    for words in (RED, STRIPED, ("stoneware",), ("dunwick",), ("350 ml",)):
        assert np.mean([says(text, words) for text in all_told]) > 0.95, words


def test_what_is_untold_is_never_said() -> None:
    untold = texts(frozenset({"material", "brand", "size"}))
    assert not any(says(text, RED) or says(text, STRIPED) or text.color for text in untold)


def test_wording_varies() -> None:
    all_told = texts(frozenset(ATTRIBUTES))
    assert len({text.title for text in all_told}) > 150
    assert {"mug", "cup", "coffee cup", "beaker"} <= {
        name for text in all_told for name in ("mug", "cup", "coffee cup", "beaker") if name in text.title.lower()
    }


@given(st.integers(0, 2**32 - 1), st.integers(0, 99999))
def test_a_nondescript_product_says_its_category_and_number_only(seed: int, number: int) -> None:
    text = minimal_text(TRAITS, number, np.random.default_rng(seed))
    assert text.category == "mug"
    assert str(number) in text.title
    assert text.description == text.brand == text.color == ""
