"""Prompts and the cut of vectors, against sentence-transformers."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from safetensors.numpy import save_file

from tests.vitrine.encoders.small_encoders import write_encoder
from tests.vitrine.encoders.small_tokenizers import CORPUS
from vitrine.encoders.loading import load_encoder, open_encoder
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import ConfigError, DataError

TEXTS = ["", *CORPUS, "red mug " * 120]
POOLING = {"type": "Pooling", "embedding_dimension": 32}
FILE = "config_sentence_transformers.json"


@pytest.fixture(scope="module")
def encoder_directory(reference, tmp_path_factory) -> Path:
    return write_encoder(reference, "bert", tmp_path_factory.mktemp("options"), [POOLING, {"type": "Normalize"}])


@pytest.fixture
def with_fields(encoder_directory, tmp_path):
    """A function that writes the encoder with these fields of sentence-transformers, and of its pooling."""

    def write(fields: dict[str, Any], **pooling: Any) -> Path:
        for file in encoder_directory.rglob("*"):
            if file.is_file():
                target = tmp_path / file.relative_to(encoder_directory)
                target.parent.mkdir(exist_ok=True)
                target.write_bytes(file.read_bytes())
        (tmp_path / FILE).write_text(json.dumps(fields))
        settings = json.loads((tmp_path / "1_Pooling" / "config.json").read_text())
        (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps(settings | pooling))
        return tmp_path

    return write


PROMPTS = [
    {"prompts": {"query": "query: ", "document": "passage: "}},
    {"prompts": {"query": "red mug, ", "document": ""}, "default_prompt_name": "query"},
    {"prompts": {"query": "", "document": "ein Becher: "}, "default_prompt_name": None},
    {"prompts": {}},
]


@pytest.mark.parametrize("fields", PROMPTS, ids=str)
@pytest.mark.parametrize("include", [True, False])
def test_queries_and_documents_have_their_prompts(with_fields, reference, fields, include):
    directory = with_fields(fields, include_prompt=include)
    encoder = load_encoder(directory)
    for side, encode in (("query", encoder.encode_text), ("document", encoder.encode_document)):
        expected = reference("text_encoders.encode", directory=directory, texts=TEXTS, side=side)
        np.testing.assert_allclose(encode(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize("mode", ["cls", "max", "weightedmean", "mean_sqrt_len_tokens", "lasttoken"])
def test_a_prompt_left_out_of_the_pooling_is_left_out_in_every_mode(with_fields, reference, mode):
    directory = with_fields(PROMPTS[0], include_prompt=False, pooling_mode=mode)
    expected = reference("text_encoders.encode", directory=directory, texts=TEXTS[1:])
    np.testing.assert_allclose(load_encoder(directory).encode_text(TEXTS[1:]), expected, atol=1e-5)


def test_a_default_prompt_of_another_name_is_for_both_sides(with_fields, reference):
    directory = with_fields({"prompts": {"search": "suche "}, "default_prompt_name": "search"})
    encoder = load_encoder(directory)
    expected = reference("text_encoders.encode", directory=directory, texts=TEXTS, prompt_name="search")
    np.testing.assert_allclose(encoder.encode_text(TEXTS), expected, atol=1e-5)
    np.testing.assert_allclose(encoder.encode_document(TEXTS), expected, atol=1e-5)


def test_the_served_graph_has_the_prompt_of_queries(with_fields, tmp_path):
    encoder = load_encoder(with_fields(PROMPTS[0]))
    tf.saved_model.save(encoder.module, str(tmp_path / "model"))
    served = tf.saved_model.load(str(tmp_path / "model"))
    np.testing.assert_array_equal(served.embed_text(tf.constant(TEXTS)), encoder.encode_text(TEXTS))


def test_settings_win_and_are_kept_in_the_checkpoint(with_fields, reference, tmp_path):
    directory = with_fields(PROMPTS[0])
    settings = EncoderSettings(
        kind="sentence", source=str(directory), query_prompt="tasse: ", document_prompt="", dimension=12
    )
    encoder = open_encoder(settings)
    assert encoder.dimension == 12
    options = {"directory": directory, "texts": TEXTS, "truncate_dim": 12}
    queries = reference("text_encoders.encode", prompt="tasse: ", **options)
    documents = reference("text_encoders.encode", prompt="", side="document", **options)
    encoder.save(tmp_path / "saved")
    for opened in (encoder, load_encoder(tmp_path / "saved")):
        np.testing.assert_allclose(opened.encode_text(TEXTS), queries, atol=1e-5)
        np.testing.assert_allclose(opened.encode_document(TEXTS), documents, atol=1e-5)
        assert opened.fingerprint == encoder.fingerprint
    again = reference("text_encoders.encode", directory=tmp_path / "saved", texts=TEXTS, truncate_dim=12)
    np.testing.assert_allclose(again, queries, atol=1e-5)


def test_prompts_and_dimension_belong_to_the_fingerprint(encoder_directory):
    changes = [{}, {"query_prompt": "a"}, {"document_prompt": "a"}, {"dimension": 31}]
    made = [open_encoder(EncoderSettings(kind="sentence", source=str(encoder_directory), **c)) for c in changes]
    assert len({encoder.fingerprint for encoder in made}) == len(changes)


def test_a_cut_of_the_files_is_honoured(with_fields, reference):
    directory = with_fields({"truncate_dim": 8})
    expected = reference("text_encoders.encode", directory=directory, texts=TEXTS, truncate_dim=8)
    np.testing.assert_allclose(load_encoder(directory).encode_text(TEXTS), expected, atol=1e-5)


def test_a_prompt_that_the_library_passes_over_asks_for_the_setting(with_fields):
    directory = with_fields({"prompts": {"query": "query: ", "passage": "passage: "}})
    message = "set encoder.document_prompt to 'passage: ' or to ''"
    with pytest.raises(DataError, match=message):
        load_encoder(directory).encode_document(["a"])
    with pytest.raises(DataError, match=message):
        open_encoder(EncoderSettings(kind="sentence", source=str(directory)))
    settings = EncoderSettings(kind="sentence", source=str(directory), document_prompt="passage: ")
    assert open_encoder(settings).encode_document(["a"]).shape == (1, 32)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"default_prompt_name": "x"}, "default_prompt_name 'x' is not one of the prompts"),
        ({"truncate_dim": 64}, "truncate_dim is 64, but the vectors have 32 dimensions"),
        ({"truncate_dim": "8"}, f"{FILE}: truncate_dim: expected a positive whole number, found '8'"),
        ({"truncate_dim": -8}, f"{FILE}: truncate_dim: expected a positive whole number, found -8"),
        ({"prompts": ["query: "]}, f"{FILE}: prompts: expected an object, found list"),
        ({"prompts": {"query": 3}}, f"{FILE}: prompts has a value that is not a text"),
        ({"prompts": {"query": ""}, "default_prompt_name": ["query"]}, "default_prompt_name '['query']' is not one of"),
        ({"model_type": "CrossEncoder"}, "model_type 'CrossEncoder' is not supported; 'SentenceTransformer' is"),
        ({"quantize": "int8"}, "'quantize' ('int8') is not known"),
    ],
)
def test_fields_that_are_not_supported_are_named(with_fields, fields, message):
    with pytest.raises(DataError) as raised:
        load_encoder(with_fields(fields))
    assert message in str(raised.value)


def test_lengths_that_count_are_refused(reference, tmp_path):
    directory = write_encoder(reference, "bert", tmp_path, [POOLING], similarity_fn_name="dot")
    with pytest.raises(DataError, match="similarity_fn_name is 'dot', which needs vectors"):
        load_encoder(directory)


def test_an_encoder_that_has_no_use_for_a_setting_says_so(tmp_path):
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "clip"}))
    save_file({}, tmp_path / "model.safetensors")
    settings = EncoderSettings(kind="sentence", source=str(tmp_path), dimension=4)
    with pytest.raises(ConfigError, match=r"encoder\.dimension: an encoder of the type 'clip' has no use for it"):
        open_encoder(settings)
