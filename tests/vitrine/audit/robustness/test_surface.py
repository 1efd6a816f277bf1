import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.audit.robustness.surface import SURFACE

KINDS = {kind.name: kind for kind in SURFACE}
queries = st.lists(st.text("abcdefghijklmnop", min_size=1, max_size=8), min_size=1, max_size=4).map(" ".join)


@given(queries, st.integers(0, 2**32 - 1))
def test_the_words_stay(query: str, seed: int) -> None:
    for name in ("case_upper", "case_title", "case_mixed", "spacing", "full_width"):
        changed = KINDS[name].rewrite(query, np.random.default_rng(seed))
        assert unicodedata.normalize("NFKC", changed or "").lower().split() == query.split()


@given(queries, st.integers(0, 2**32 - 1))
def test_the_letters_stay(query: str, seed: int) -> None:
    for name in ("punctuation", "quotes", "emoji"):
        changed = KINDS[name].rewrite(query, np.random.default_rng(seed)) or ""
        assert [sign for sign in changed if sign.isalpha()] == [sign for sign in query if sign.isalpha()]


@pytest.mark.parametrize(("query", "expected"), [("mug", "múg"), ("xyz", None)])
def test_one_vowel_gets_an_accent(query: str, expected: str | None) -> None:
    assert KINDS["accents"].rewrite(query, np.random.default_rng(0)) == expected
