"""Each family of text transformers against transformers, on small random checkpoints."""

import functools
import json
import re
import shutil

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


@pytest.fixture(scope="module")
def written(reference, tmp_path_factory):
    """A function that writes the checkpoint of a family once."""
    return functools.cache(
        lambda name: write_transformer(reference, name, tmp_path_factory.mktemp(f"{name}-unchanged"))
    )


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
def test_fields_that_are_not_supported_are_named(written, tmp_path, name, change, message):
    copy = shutil.copytree(written(name), tmp_path / "changed")
    fields = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(fields | change))
    with pytest.raises(DataError) as raised:
        load_encoder(copy)
    assert message in str(raised.value)


WHOLE = "expected a positive whole number, found"
TOKENS = "expected a number of tokens, found"


@pytest.mark.parametrize(
    ("name", "file", "change", "message"),
    [
        ("bert", "config.json", {"max_position_embeddings": None}, f"max_position_embeddings: {WHOLE} None"),
        ("bert", "config.json", {"max_position_embeddings": "512"}, f"max_position_embeddings: {WHOLE} '512'"),
        ("bert", "config.json", {"num_attention_heads": 0}, "num_attention_heads: Input should be greater than 0"),
        (
            "bert",
            "config.json",
            {"num_attention_heads": 5},
            "hidden_size 32 is not a multiple of num_attention_heads 5",
        ),
        ("bert", "config.json", {"hidden_size": [32]}, "hidden_size: Input should be a valid integer"),
        ("bert", "config.json", {"architectures": "BertModel"}, "architectures: expected a list of strings, found"),
        ("bert", "config.json", {"architectures": [3]}, "architectures: expected a list of strings, found [3]"),
        ("distilbert", "config.json", {"n_heads": 3}, "hidden_size 32 is not a multiple of num_attention_heads 3"),
        ("roberta", "config.json", {"pad_token_id": None}, "pad_token_id is None; roberta counts positions from"),
        ("roberta", "config.json", {"pad_token_id": "1"}, "pad_token_id is '1'; roberta counts positions from"),
        ("xlm-roberta", "config.json", {"pad_token_id": -1}, "pad_token_id is -1; xlm-roberta counts positions from"),
        ("modernbert", "config.json", {"max_position_embeddings": None}, f"max_position_embeddings: {WHOLE} None"),
        ("modernbert", "config.json", {"num_attention_heads": 0}, "num_attention_heads: Input should be greater than"),
        ("modernbert", "config.json", {"num_attention_heads": 5}, "hidden_size 32 is not a multiple of num_attention"),
        (
            "modernbert",
            "config.json",
            {"layer_types": None, "global_attn_every_n_layers": 0},
            f"global_attn_every_n_layers: {WHOLE} 0",
        ),
        (
            "modernbert",
            "config.json",
            {"layer_types": None, "num_hidden_layers": "2"},
            f"num_hidden_layers: {WHOLE} '2'",
        ),
        ("modernbert", "config.json", {"layer_types": "full_attention"}, "layer_types: Input should be a valid tuple"),
        ("modernbert", "config.json", {"rope_parameters": "default"}, "rope_parameters: expected an object, found str"),
        (
            "modernbert",
            "config.json",
            {"rope_parameters": {"full_attention": [1]}},
            "rope_parameters.full_attention: expected an object, found list",
        ),
        (
            "modernbert",
            "config.json",
            {"rope_parameters": {"full_attention": {"rope_theta": "large"}}},
            "theta.full_attention: Input should be a valid number",
        ),
        (
            "modernbert",
            "config.json",
            {"rope_parameters": None, "local_rope_theta": "large"},
            "theta.sliding_attention: Input should be a valid number",
        ),
        ("bert", "tokenizer_config.json", {"padding_side": "left"}, "padding_side 'left' is not supported; 'right' is"),
        ("roberta", "tokenizer_config.json", {"auto_map": {"a": 1}}, "auto_map {'a': 1} is not supported; None is"),
        ("bert", "tokenizer_config.json", {"model_max_length": "512"}, f"model_max_length: {TOKENS} '512'"),
        ("bert", "tokenizer_config.json", {"model_max_length": -1}, f"model_max_length: {TOKENS} -1"),
        ("modernbert", "tokenizer_config.json", {"model_max_length": [512]}, f"model_max_length: {TOKENS} [512]"),
        ("bert", "sentence_bert_config.json", {"max_seq_length": "512"}, f"max_seq_length: {TOKENS} '512'"),
        ("bert", "sentence_bert_config.json", {"max_seq_length": -1}, f"max_seq_length: {TOKENS} -1"),
        (
            "bert",
            "sentence_bert_config.json",
            {"modality_config": None},
            "modality_config: expected an object, found NoneType",
        ),
    ],
)
def test_values_of_another_kind_are_named_in_one_line(written, tmp_path, name, file, change, message):
    copy = shutil.copytree(written(name), tmp_path / "changed")
    fields = json.loads((copy / file).read_text()) if (copy / file).is_file() else {}
    (copy / file).write_text(json.dumps(fields | change))
    with pytest.raises(DataError) as raised:
        load_encoder(copy)
    assert str(raised.value).startswith(f"{copy}/{file}: {message}")
    assert "\n" not in str(raised.value)


def test_a_tokenizer_without_a_bound_may_say_so_by_a_huge_number(written, tmp_path):
    copy = shutil.copytree(written("bert"), tmp_path / "changed")
    fields = json.loads((copy / "tokenizer_config.json").read_text())
    (copy / "tokenizer_config.json").write_text(json.dumps(fields | {"model_max_length": 1e30}))
    assert load_encoder(copy).module.tokenizer.max_tokens == 200
