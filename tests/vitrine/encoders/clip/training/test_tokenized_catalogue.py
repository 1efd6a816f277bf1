import numpy as np
import pyarrow as pa

from vitrine.encoders.clip.training.tokenized_catalogue import FIELDS, NONE, tokenize_catalogue
from vitrine.encoders.clip.training.vocabulary import learn_tokenizer


def table(*rows: dict[str, str]) -> pa.Table:
    return pa.table({name: pa.array([row.get(name, "") for row in rows], pa.string()) for name in FIELDS})


PRODUCTS = table(
    {"title": "red mug, large", "brand": "acme", "description": "red mug"},
    {},
    {"color": "red"},
)
TOKENIZER = learn_tokenizer(["red mug, large acme"] * 3, 700)


def test_fields_follow_each_other_with_their_words_numbered() -> None:
    corpus = tokenize_catalogue(PRODUCTS, TOKENIZER, 96)
    spelt = [TOKENIZER.id_to_token(token) for token in corpus.token[0] if token != NONE]
    assert spelt == ["red</w>", "mug</w>", ",</w>", "large</w>", "acme</w>", "red</w>", "mug</w>"]
    assert corpus.field[0].tolist() == [0, 0, 0, 0, 1, 4, 4]
    assert corpus.word[0].tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert (corpus.token[1] == NONE).all()
    assert corpus.field[2, 0] == FIELDS.index("color")
    assert (corpus.token[2, 1:] == NONE).all()


def test_pieces_of_one_word_have_its_number() -> None:
    corpus = tokenize_catalogue(table({"title": "qzx red"}), TOKENIZER, 96)
    assert corpus.word[0].tolist() == [0, 0, 0, 1]


def test_words_are_numbered_from_zero_in_every_product() -> None:
    corpus = tokenize_catalogue(PRODUCTS, TOKENIZER, 96)
    assert corpus.word[2, 0] == 0


def test_punctuation_is_no_name() -> None:
    corpus = tokenize_catalogue(PRODUCTS, TOKENIZER, 96)
    names = dict(
        zip(PRODUCTS["title"][0].as_py().replace(",", " ,").split(), corpus.names[corpus.token[0, :4]], strict=True)
    )
    assert names == {"red": True, "mug": True, ",": False, "large": True}


def test_long_texts_are_cut() -> None:
    assert tokenize_catalogue(PRODUCTS, TOKENIZER, 3).token.shape == (3, 3)


def test_a_catalogue_without_text_has_no_tokens() -> None:
    corpus = tokenize_catalogue(table({}, {}), TOKENIZER, 96)
    assert corpus.token.shape == (2, 0)
    assert len(corpus) == 2
    assert np.all(corpus.names >= 0)
