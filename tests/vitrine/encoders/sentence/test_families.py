"""Each family of text transformers against transformers, on small random checkpoints."""

import json
import re

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.vitrine.encoders.small_encoders import CONFIGS, write_transformer
from tests.vitrine.encoders.small_tokenizers import CORPUS, write_tokenizer
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError

TEXTS = ["", *CORPUS, "red mug " * 120, "a <pad> b [PAD] c", "ein roter Becher\nfür Tee", "x"]


@pytest.fixture(scope="module", params=list(CONFIGS))
def family(request, reference, tmp_path_factory):
    return write_transformer(reference, request.param, tmp_path_factory.mktemp(request.param))


def test_vectors_are_those_of_sentence_transformers(family, reference):
    encoder = load_encoder(family)
    np.testing.assert_allclose(
        encoder.encode_text(TEXTS), reference("text_encoders.encode", directory=family, texts=TEXTS), atol=1e-5
    )


def test_states_are_those_of_transformers(family, reference):
    encoder = load_encoder(family)
    expected = reference("text_encoders.states", directory=family, texts=TEXTS, max_tokens=196)
    for text, states in zip(TEXTS, expected, strict=True):
        ours = encoder.module.transformer.hidden(encoder.module.tokenizer([text]))[0]
        np.testing.assert_allclose(ours, states, atol=3e-5)


def test_half_precision_is_close(family):
    exact, half = load_encoder(family), load_encoder(family, "bfloat16")
    assert exact.fingerprint == half.fingerprint
    assert (exact.encode_text(TEXTS) * half.encode_text(TEXTS)).sum(axis=1).min() > 0.999


def test_a_saved_encoder_has_equal_vectors(family, tmp_path):
    encoder = load_encoder(family)
    encoder.save(tmp_path / "saved")
    again = load_encoder(tmp_path / "saved")
    assert again.fingerprint == encoder.fingerprint
    np.testing.assert_array_equal(again.encode_text(TEXTS), encoder.encode_text(TEXTS))


@pytest.mark.parametrize(
    ("name", "config"),
    [
        ("modernbert", {"norm_bias": True, "attention_bias": True, "mlp_bias": True}),
        ("modernbert", {"layer_types": ["sliding_attention", "full_attention", "sliding_attention"]}),
        ("roberta", {"pad_token_id": 3, "hidden_act": "gelu_new"}),
        ("distilbert", {"activation": "relu", "sinusoidal_pos_embds": True}),
        ("bert", {"type_vocab_size": 1}),
    ],
    ids=str,
)
def test_fields_of_a_family_are_followed(reference, tmp_path, name, config):
    write_transformer(reference, name, tmp_path, **config)
    expected = reference("text_encoders.encode", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(tmp_path).encode_text(TEXTS), expected, atol=1e-5)


def test_bert_may_have_the_tokenizer_of_xlm_roberta(reference, tmp_path):
    # as the multilingual MiniLM of sentence-transformers has it
    tokens = write_tokenizer("xlm-roberta", tmp_path, model_max_length=196)
    model, sizes = CONFIGS["bert"]
    fields = sizes | {"vocab_size": tokens}
    reference("text_encoders.write", directory=tmp_path, model=model, config=fields, seed=1, noise=0.1)
    expected = reference("text_encoders.encode", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(tmp_path).encode_text(TEXTS), expected, atol=1e-5)


def test_norms_may_have_the_names_of_old(reference, tmp_path):
    write_transformer(reference, "bert", tmp_path)
    old = {"weight": "gamma", "bias": "beta"}
    weights = {
        re.sub(r"(?<=LayerNorm\.)\w+", lambda part: old[part[0]], name): value
        for name, value in load_file(tmp_path / "model.safetensors").items()
    }
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    expected = reference("text_encoders.encode", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(tmp_path).encode_text(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize(
    "name", ["encoder.layer.0.attention.adapter.weight", "embeddings.projection.weight", "encoder.layer.9.output.bias"]
)
def test_weights_that_would_not_be_used_are_named(reference, tmp_path, name):
    write_transformer(reference, "bert", tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    unused = {"pooler.dense.weight": np.ones(3), "cls.predictions.bias": np.ones(3), name: np.ones(3)}
    save_file(weights | unused, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=rf"tensor '{name}' would not be used"):
        load_encoder(tmp_path)


def test_modernbert_is_read_in_the_form_of_transformers_4(reference, tmp_path):
    write_transformer(reference, "modernbert", tmp_path)
    fields = json.loads((tmp_path / "config.json").read_text())
    for key in ("layer_types", "rope_parameters"):
        fields.pop(key, None)
    fields |= {"global_attn_every_n_layers": 2, "global_rope_theta": 500.0, "local_rope_theta": 50.0}
    (tmp_path / "config.json").write_text(json.dumps(fields))
    expected = reference("text_encoders.encode", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(tmp_path).encode_text(TEXTS), expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("modernbert", {"rope_scaling": {"type": "yarn"}}, "rope_scaling is"),
        ("modernbert", {"rope_parameters": {"full_attention": {"rope_type": "yarn"}}}, "only rope_type 'default'"),
        ("roberta", {"is_decoder": True}, "is_decoder is True"),
        ("distilbert", {"activation": "silu"}, "hidden_act"),
        ("mpnet", {"relative_attention_num_buckets": 64}, "relative_attention_num_buckets is 64"),
        ("xlm-roberta", {"vocab_size": 100}, "asks for"),
        ("bert", {"model_type": "nomic_bert"}, "model_type 'nomic_bert' is not supported"),
    ],
)
def test_fields_that_are_not_supported_are_named(reference, tmp_path, name, change, message):
    write_transformer(reference, name, tmp_path)
    fields = json.loads((tmp_path / "config.json").read_text())
    (tmp_path / "config.json").write_text(json.dumps(fields | change))
    with pytest.raises(DataError) as raised:
        load_encoder(tmp_path)
    assert message in str(raised.value)
