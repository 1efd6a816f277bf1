"""The index of phrases finds what goes on from a beginning, the best first, and forgives one error."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitrine.gateway.suggesting.completion_index import LONGEST, CompletionIndex, phrase_key

PHRASES = ["Red Mug", "red scarf", "Rédwood T-Shirt", "large red mug", "Kids' mug", "12-piece set", "reading lamp"]
SCORES = [3.0, 2.0, 1.0, 2.8, 0.5, 1.0, 2.5]

texts = st.text(alphabet="abc -", min_size=1, max_size=8)
words = st.text(alphabet="abc", min_size=3, max_size=7)


def completed(typed: str, limit: int = 10) -> list[str]:
    return [PHRASES[number] for number in CompletionIndex(PHRASES, SCORES).complete(typed, limit)]


def test_the_best_phrases_come_first_and_those_that_begin_inside_lose() -> None:
    assert completed("red m") == ["Red Mug", "large red mug"]
    assert completed("re", 3) == ["Red Mug", "reading lamp", "large red mug"]
    assert completed("mu") == ["Red Mug", "large red mug", "Kids' mug"]


def test_case_accents_and_signs_make_no_difference() -> None:
    assert completed("RÉDW") == completed("redw") == ["Rédwood T-Shirt"]
    assert completed("t shirt") == completed("T-shi") == completed("tshirt") == ["Rédwood T-Shirt"]
    assert completed("kids mug") == completed("kid's m") == ["Kids' mug"]


def test_a_space_ends_a_word() -> None:
    assert "Rédwood T-Shirt" in completed("red")
    assert completed("red ") == ["Red Mug", "large red mug", "red scarf"]


def test_words_in_another_order_or_apart_are_found_where_none_goes_on_as_typed() -> None:
    assert completed("mug re") == ["Red Mug", "large red mug"]
    assert completed("large mu") == ["large red mug"]
    assert completed("shirt redw") == ["Rédwood T-Shirt"]
    assert completed("wood shirt") == []  # no whole word


def test_one_error_is_forgiven_behind_the_first_character() -> None:
    for typed in ("raeding", "readng", "readding", "reeding"):
        assert completed(typed) == ["reading lamp"], typed
    assert completed("teading") == []
    assert completed("raeddng") == []


def test_an_error_is_looked_for_only_where_nothing_goes_on_as_typed() -> None:
    index = CompletionIndex(["scarce", "scarf"], [0.0, 9.0])
    assert index.complete("scarc", 2) == [0]
    assert index.complete("scarg", 2) == [1, 0]


def test_phrases_that_may_not_be_returned_are_replaced_by_others() -> None:
    index = CompletionIndex(PHRASES, SCORES)
    assert [PHRASES[each] for each in index.complete("red m", 1, lambda phrase: phrase != 0)] == ["large red mug"]


def test_nothing_is_found_for_nothing() -> None:
    assert completed("") == completed("  ") == completed("?!") == []
    assert CompletionIndex([], []).complete("mug", 5) == []
    assert completed("red mug with a handle of gold") == []


@given(st.lists(texts, max_size=12), texts)
def test_all_phrases_are_found_that_have_a_word_from_which_the_beginning_goes_on(
    phrases: list[str], typed: str
) -> None:
    beginning = phrase_key(typed)
    ended = f"{beginning} " if typed[-1].isspace() else beginning
    expected = {
        number for number, phrase in enumerate(phrases) if beginning and f" {phrase_key(phrase)}".find(f" {ended}") >= 0
    }
    found = CompletionIndex(phrases, [1.0] * len(phrases)).complete(typed, len(phrases) or 1)
    if expected:
        assert set(found) == expected
    assert len(set(found)) == len(found)


@given(words, st.integers(1, 6), st.sampled_from("abcd"), st.integers(0, 3))
def test_every_single_error_is_forgiven(word: str, place: int, letter: str, kind: int) -> None:
    place = min(place, len(word) - 1)
    before, here, after = word[:place], word[place], word[place + 1 :]
    typed = [
        before + after,
        before + letter + after,
        before + letter + here + after,
        before + after[:1] + here + after[1:],
    ]
    if len(typed[kind]) >= 3:
        assert CompletionIndex([word], [1.0]).complete(typed[kind], 1) == [0]


def test_long_beginnings_are_compared_by_their_first_characters() -> None:
    phrase = "a" * (LONGEST + 10)
    assert CompletionIndex([phrase], [1.0]).complete("a" * (LONGEST + 5) + "b", 1) == [0]


def test_the_best_of_many_are_found_wherever_they_are() -> None:
    random = np.random.default_rng(0)
    scores = random.random(20_000)
    index = CompletionIndex([f"mug {number}" for number in range(len(scores))], scores)
    assert index.complete("mug", 5) == np.argsort(-scores)[:5].tolist()
