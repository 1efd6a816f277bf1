import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
from hypothesis import given, settings

from vitrine.encoders.clip.tokenizer import END, START
from vitrine.encoders.clip.training.text_views import QUERY_TOKENS, STOP, Marks, document_views, holds, query_views
from vitrine.encoders.clip.training.tokenized_catalogue import FIELDS, NONE, tokenize_catalogue
from vitrine.encoders.clip.training.vocabulary import learn_tokenizer

PRODUCTS = {
    "title": ["Red striped mug, 350 ml", "Plum tea pot", "", "mug"],
    "brand": ["Acme", "", "", ""],
    "color": ["red", "violet", "", ""],
    "category": ["mug", "teapot", "lamp", ""],
    "description": ["Made to keep coffee hot on a cold day. Easy to clean.", "Serves four.", "", ""],
}
TABLE = pa.table({name: pa.array(PRODUCTS[name], pa.string()) for name in FIELDS})
TOKENIZER = learn_tokenizer([text for texts in PRODUCTS.values() for text in texts] * 3, 2000)
CORPUS = tokenize_catalogue(TABLE, TOKENIZER, 77)
IDS = TOKENIZER.get_vocab()
MARKS = Marks(IDS[START], IDS[END], IDS[STOP])
ROWS = np.arange(4)


def test_a_whole_long_view_is_the_text_that_the_pipeline_encodes() -> None:
    views = document_views(CORPUS, ROWS, 40, MARKS, None)
    for row, view in enumerate(views):
        text = ". ".join(PRODUCTS[name][row] for name in FIELDS if PRODUCTS[name][row])
        expected = TOKENIZER.encode(text).ids
        assert view[: len(expected)].tolist() == expected
        assert (view[len(expected) :] == MARKS.end).all()


@settings(max_examples=50)
@given(st.integers(0, 2**32 - 1), st.integers(4, 60))
def test_views_are_framed_and_hold_only_words_of_their_own_product(seed: int, width: int) -> None:
    rng = np.random.default_rng(seed)
    for views in (query_views(CORPUS, ROWS, MARKS, rng), document_views(CORPUS, ROWS, width, MARKS, rng)):
        assert (views[:, 0] == MARKS.start).all()
        assert (views[:, -1] == MARKS.end).all()
        for row, view in enumerate(views):
            inner = set(view.tolist()) - {MARKS.start, MARKS.end}
            assert inner <= set(CORPUS.token[row].tolist()) - {NONE} | {MARKS.stop}
            assert inner


def test_the_same_generator_state_draws_the_same_views() -> None:
    views = [query_views(CORPUS, ROWS, MARKS, np.random.default_rng(7)) for _ in range(2)]
    np.testing.assert_array_equal(*views)
    assert views[0].shape == (4, QUERY_TOKENS)


def test_a_text_with_every_word_of_a_view_is_a_right_answer_to_it() -> None:
    whole = document_views(CORPUS, ROWS, 40, MARKS, None)
    mug = np.full((4, 4), MARKS.end)
    mug[:, 0] = MARKS.start
    mug[:, 1] = IDS["mug</w>"]
    answered = holds(mug, whole, CORPUS.names)
    np.testing.assert_array_equal(answered[0], [True, False, False, True])


@settings(max_examples=30)
@given(st.integers(0, 2**32 - 1))
def test_every_product_answers_its_own_view_and_a_whole_text_answers_what_it_contains(seed: int) -> None:
    whole = document_views(CORPUS, ROWS, 40, MARKS, None)
    short = query_views(CORPUS, ROWS, MARKS, np.random.default_rng(seed))
    answered = holds(short, whole, CORPUS.names)
    assert answered.diagonal().all()
    for i in range(4):
        named = {token for token in short[i].tolist() if CORPUS.names[token]}
        for j in range(4):
            if i != j:
                assert answered[i, j] == (named <= set(whole[j].tolist()))
