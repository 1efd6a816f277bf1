import unicodedata
from collections import Counter

import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vitrine.text.words import ROWS, keys_of, vocabulary_of


def test_words_stand_between_spaces_and_punctuation_in_lower_case():
    assert keys_of("Crème-brûlée “Set” (4×), rtx3080…") == ["crème", "brûlée", "set", "4", "rtx3080"]


def test_an_accent_typed_as_a_character_of_its_own_makes_no_other_word():
    assert keys_of("cre\u0300me") == ["crème"]


def test_an_accent_that_no_letter_carries_stays_in_its_word():
    assert keys_of("x\u0302y हिन्दी") == ["x\u0302y", "हिन्दी"]


def test_the_vocabulary_counts_words_and_forms_of_measurements():
    counted = vocabulary_of(["Red phone, 6.1 inch", "RED case 5-inch", '5" red 64GB', None])
    assert counted["red"] == 3
    assert {form: count for form, count in counted.items() if form.startswith("0")} == {
        "0 inch": 1,
        "0-inch": 1,
        '0"': 1,
        "0GB": 1,
    }


def test_arrow_columns_and_plain_texts_count_alike():
    texts = ["Red phone 5 inch", None, "blue Phone"]
    for column in (pa.array(texts), pa.chunked_array([texts[:1], texts[1:]]), pa.array(texts, pa.large_string())):
        assert vocabulary_of(column) == vocabulary_of(texts)
    assert vocabulary_of([]) == vocabulary_of(pa.chunked_array([], pa.string())) == {}


def test_catalogues_of_several_batches_are_counted_whole():
    assert vocabulary_of("red case" for _ in range(ROWS + 1)) == {"red": ROWS + 1, "case": ROWS + 1}


@given(st.lists(st.text(st.characters(codec="utf-8", exclude_categories=["N"])), max_size=5))
def test_a_catalogue_has_the_words_that_its_texts_have(texts):
    assert vocabulary_of(texts) == Counter(key for text in texts for key in keys_of(text))


@given(st.text())
def test_words_do_not_depend_on_the_normal_form_of_the_text(text):
    assert keys_of(unicodedata.normalize("NFD", text)) == keys_of(unicodedata.normalize("NFC", text))
