import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.text.graph_words import PADDING, first_occurrences, normalise, split_words, trigrams

TEXTS = st.lists(st.text(max_size=40), min_size=1, max_size=8)


def _normal(*texts: str | bytes) -> list[str]:
    return [text.decode() for text in normalise(tf.constant(list(texts)), 100).numpy()]


def test_punctuation_and_case_are_normalised_away() -> None:
    assert _normal("  Led-Lights,  RED!", "Men's T-Shirt", "ÉCLAIR") == ["led lights red", "men t shirt", "éclair"]


def test_letters_of_every_script_are_kept() -> None:
    assert _normal("赤い マグ ☕️", "кружка №5") == ["赤い マグ", "кружка 5"]


def test_invalid_bytes_do_not_stop_the_batch() -> None:
    assert _normal(b"mug \xff\xfe red", b"mug") == ["mug red", "mug"]


def test_texts_are_cut_before_anything_reads_them() -> None:
    assert normalise(tf.constant(["abc def"]), 5).numpy().tolist() == [b"abc d"]


def test_words_are_padded_and_limited() -> None:
    padded = split_words(tf.constant(["red mugs", "", "a b c d"]), 3)
    assert padded.text.numpy().tolist() == [[b"red", b"mug", b""], [b"", b"", b""], [b"a", b"b", b"c"]]
    assert (padded.ids.numpy() == PADDING).tolist() == [[False, False, True], [True] * 3, [False] * 3]


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_normalising_twice_changes_nothing(texts: list[str]) -> None:
    once = normalise(tf.constant([text.encode("utf-8", "replace") for text in texts]), 100)
    assert normalise(once, 100).numpy().tolist() == once.numpy().tolist()


@settings(max_examples=30, deadline=None)
@given(TEXTS)
def test_equal_words_have_equal_ids_and_no_id_is_negative(texts: list[str]) -> None:
    text, ids = split_words(normalise(tf.constant([text.encode("utf-8", "replace") for text in texts]), 100), 16)
    seen: dict[bytes, int] = {}
    for word, number in zip(text.numpy().ravel(), ids.numpy().ravel(), strict=True):
        assert (number == PADDING) == (word == b"")
        assert seen.setdefault(word, number) == number


def test_trigrams_survive_a_typo_in_part() -> None:
    ids = trigrams(tf.constant(["kettle", "ketle"]), 16).numpy()
    right, wrong = (set(row[row != PADDING]) for row in ids)
    assert (len(right), len(wrong), len(right & wrong)) == (6, 5, 4)


def test_repeats_are_marked_once() -> None:
    ids = tf.constant([[7, 7, 8, 7, PADDING, PADDING]], tf.int64)
    assert first_occurrences(ids).numpy().tolist() == [[True, False, True, False, False, False]]


def test_padding_may_be_another_id() -> None:
    ids = tf.constant([[9, 7, PADDING, 7, 9]])
    assert first_occurrences(ids, padding=9).numpy().tolist() == [[False, True, True, False, False]]
