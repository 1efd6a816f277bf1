import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.audit.robustness.typos import SHORTEST, TYPOS, neighbours

words = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12)
queries = st.lists(words, min_size=1, max_size=5).map(" ".join)
KINDS = {kind.name: kind for kind in TYPOS}


@pytest.mark.parametrize(("letter", "near"), [("g", set("tyfhvb")), ("q", set("wa")), ("p", set("ol")), ("é", set())])
def test_neighbours_are_the_keys_around_a_letter(letter: str, near: set[str]) -> None:
    assert set(neighbours(letter)) == near


@given(st.sampled_from(sorted("qwertyuiopasdfghjklzxcvbnm")))
def test_a_key_is_its_neighbours_neighbour(letter: str) -> None:
    assert all(letter in neighbours(near) for near in neighbours(letter))


@given(st.sampled_from(TYPOS), queries, st.integers(0, 2**32 - 1))
def test_one_word_changes_and_keeps_its_first_letter(kind, query: str, seed: int) -> None:
    changed = kind.rewrite(query, np.random.default_rng(seed))
    if changed is None:
        return
    before, after = query.split(" "), changed.split(" ")
    assert len(before) == len(after)
    different = [(typed, meant) for meant, typed in zip(before, after, strict=True) if typed != meant]
    assert len(different) <= 1
    for typed, meant in different:
        assert len(meant) >= SHORTEST
        assert typed[0] == meant[0]


@given(words.filter(lambda word: len(word) >= SHORTEST), st.integers(0, 2**32 - 1))
def test_each_kind_makes_its_own_error(word: str, seed: int) -> None:
    def changed(kind: str) -> str | None:
        return KINDS[kind].rewrite(word, np.random.default_rng(seed))

    assert len(changed("typo_drop")) == len(word) - 1
    assert len(changed("typo_double")) == len(word) + 1
    swapped = changed("typo_swap")
    assert swapped is None or sorted(swapped) == sorted(word)
    wrong = changed("typo_neighbour")
    assert sum(typed != meant for typed, meant in zip(wrong, word, strict=True)) == 1


def test_a_query_of_short_words_gets_no_error() -> None:
    assert [kind.rewrite("red mug", np.random.default_rng(0)) for kind in TYPOS] == [None] * 4


def test_the_seed_decides_and_queries_without_the_form_are_left_out() -> None:
    kind = KINDS["typo_swap"]
    assert kind.apply(["striped mug", "red mug"], 1) == kind.apply(["striped mug", "red mug"], 1)
    assert kind.apply(["striped mug", "red mug"], 1)[1] is None
