"""The modules of sentence-transformers after the transformer, against the library itself."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.vitrine.encoders.small_encoders import write_encoder, write_transformer
from tests.vitrine.encoders.small_tokenizers import CORPUS
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError

TEXTS = ["", *CORPUS, "red mug " * 120, "RED Mug"]
POOLING = {"type": "Pooling", "embedding_dimension": 32}
DENSE = {"type": "Dense", "in_features": 32, "out_features": 20}


def dense(activation: str, **fields: Any) -> dict[str, Any]:
    return DENSE | {"activation": activation} | fields


@pytest.fixture(scope="module")
def plain(reference, tmp_path_factory) -> Path:
    """A transformer alone."""
    return write_transformer(reference, "bert", tmp_path_factory.mktemp("plain"))


@pytest.fixture
def with_modules(plain, tmp_path) -> Callable[..., Path]:
    """A function that writes modules beside the transformer, as before sentence-transformers 5."""

    def write(modules: dict[str, tuple[str, dict[str, Any] | None]], **files: dict[str, Any]) -> Path:
        for file in plain.iterdir():
            (tmp_path / file.name).write_bytes(file.read_bytes())
        listed = [{"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"}]
        for index, (folder, (kind, fields)) in enumerate(modules.items(), start=1):
            listed.append({"idx": index, "name": str(index), "path": folder, "type": kind})
            (tmp_path / folder).mkdir()
            if fields is not None:
                (tmp_path / folder / "config.json").write_text(json.dumps(fields))
        (tmp_path / "modules.json").write_text(json.dumps(listed))
        for name, fields in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(fields))
        return tmp_path

    return write


OLD = "sentence_transformers.models."


@pytest.mark.parametrize(
    "modules",
    [
        [POOLING | {"pooling_mode": "cls"}],
        [POOLING | {"pooling_mode": "max"}, {"type": "Normalize"}],
        [POOLING | {"pooling_mode": "mean"}, dense("Tanh"), {"type": "Normalize"}],
        [POOLING | {"pooling_mode": "mean_sqrt_len_tokens"}, dense("Identity", bias=False)],
        [POOLING | {"pooling_mode": "weightedmean"}, dense("ReLU", use_residual=True)],
        [POOLING | {"pooling_mode": "lasttoken"}, dense("GELU", out_features=32, use_residual=True)],
        [POOLING | {"pooling_mode": ["mean", "cls"]}, dense("SiLU", in_features=64), {"type": "Normalize"}],
        [POOLING, {"type": "LayerNorm", "dimension": 32}, dense("Sigmoid"), dense("Tanh", in_features=20)],
        [POOLING, {"type": "Dropout"}, {"type": "Normalize"}, dense("Tanh")],
    ],
    ids=lambda modules: "-".join(str(module.get("pooling_mode", module["type"])) for module in modules),
)
def test_every_module_is_applied(reference, tmp_path, modules):
    directory = write_encoder(reference, "bert", tmp_path, modules)
    expected = reference("text_encoders.encode", directory=directory, texts=TEXTS)
    encoder = load_encoder(directory)
    assert encoder.dimension == expected.shape[1]
    np.testing.assert_allclose(encoder.encode_text(TEXTS), expected, atol=1e-5)
    encoder.save(tmp_path / "saved")
    assert load_encoder(tmp_path / "saved").fingerprint == encoder.fingerprint
    again = reference("text_encoders.encode", directory=tmp_path / "saved", texts=TEXTS)
    np.testing.assert_allclose(again, expected, atol=1e-5)


@pytest.mark.parametrize(
    "flags",
    [
        {"pooling_mode_cls_token": True},
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True, "pooling_mode_max_tokens": True},
        {"pooling_mode_mean_tokens": False, "pooling_mode_lasttoken": True},
        {"pooling_mode_weightedmean_tokens": True},
        {},
    ],
    ids=str,
)
def test_flags_of_old_name_the_pooling_wherever_its_folder_is(with_modules, reference, flags):
    directory = with_modules({"1_MyPooling": (f"{OLD}Pooling", {"word_embedding_dimension": 32} | flags)})
    expected = reference("text_encoders.encode", directory=directory, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(directory).encode_text(TEXTS), expected, atol=1e-5)


def test_the_transformer_may_have_a_folder_of_its_own(plain, reference, tmp_path):
    inner = tmp_path / "0_Transformer"
    inner.mkdir()
    for file in plain.iterdir():
        (inner / file.name).write_bytes(file.read_bytes())
    (inner / "sentence_bert_config.json").write_text(json.dumps({"max_seq_length": 12, "do_lower_case": False}))
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 32, "pooling_mode_max_tokens": True})
    )
    paths = {"0_Transformer": f"{OLD}Transformer", "1_Pooling": f"{OLD}Pooling"}
    listed = [{"idx": i, "name": str(i), "path": path, "type": kind} for i, (path, kind) in enumerate(paths.items())]
    (tmp_path / "modules.json").write_text(json.dumps(listed))
    expected = reference("text_encoders.encode", directory=tmp_path, texts=TEXTS)
    encoder = load_encoder(tmp_path)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), expected, atol=1e-5)
    encoder.save(tmp_path / "saved")
    np.testing.assert_array_equal(load_encoder(tmp_path / "saved").encode_text(TEXTS), encoder.encode_text(TEXTS))


@pytest.mark.parametrize(
    ("settings", "rules"),
    [
        ({"max_seq_length": 9}, {}),
        ({"max_seq_length": 9}, {"model_max_length": 5}),
        ({"max_seq_length": None}, {"model_max_length": 7}),
        ({}, {"model_max_length": 7}),
        ({"max_seq_length": 20, "do_lower_case": True}, {"do_lower_case": False}),
    ],
    ids=str,
)
def test_texts_are_cut_and_lowered_as_the_files_say(reference, tmp_path, settings, rules):
    write_transformer(reference, "bert", tmp_path, rules)
    (tmp_path / "sentence_bert_config.json").write_text(json.dumps(settings))
    modules = [{"idx": 0, "name": "0", "path": "", "type": f"{OLD}Transformer"}]
    modules.append({"idx": 1, "name": "1", "path": "1_Pooling", "type": f"{OLD}Pooling"})
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text(json.dumps({"word_embedding_dimension": 32}))
    expected = reference("text_encoders.encode", directory=tmp_path, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(tmp_path).encode_text(TEXTS), expected, atol=1e-5)


def test_weights_of_modules_may_be_of_half_precision(reference, tmp_path):
    directory = write_encoder(reference, "bert", tmp_path, [POOLING, dense("Tanh")])
    file = directory / "2_Dense" / "model.safetensors"
    weights = load_file(file)
    types = dict.fromkeys(weights, "bfloat16")
    reference("checkpoints.write_tensors", file=file, tensors=weights, types=types)
    expected = reference("text_encoders.encode", directory=directory, texts=TEXTS)
    np.testing.assert_allclose(load_encoder(directory).encode_text(TEXTS), expected, atol=1e-5)


def test_weights_of_modules_belong_to_the_fingerprint(reference, tmp_path):
    directory = write_encoder(reference, "bert", tmp_path, [POOLING, dense("Tanh")])
    before = load_encoder(directory)
    weights = load_file(directory / "2_Dense" / "model.safetensors")
    save_file({name: value * 2 for name, value in weights.items()}, directory / "2_Dense" / "model.safetensors")
    assert load_encoder(directory).fingerprint != before.fingerprint


POOL = (f"{OLD}Pooling", {"word_embedding_dimension": 32})


@pytest.fixture(scope="module")
def every_head(reference, tmp_path_factory) -> Path:
    """An encoder with each kind of module that has weights."""
    modules = [POOLING, dense("Tanh", use_residual=True), {"type": "LayerNorm", "dimension": 20}]
    return write_encoder(reference, "bert", tmp_path_factory.mktemp("heads"), modules)


@pytest.mark.parametrize(
    ("folder", "name"),
    [
        ("2_Dense", "linear.weight"),
        ("2_Dense", "linear.bias"),
        ("2_Dense", "residual.weight"),
        ("3_LayerNorm", "norm.weight"),
        ("3_LayerNorm", "norm.bias"),
    ],
)
def test_weights_that_a_module_lacks_are_named_with_its_file(every_head, tmp_path, folder, name):
    copy = shutil.copytree(every_head, tmp_path / "changed")
    file = copy / folder / "model.safetensors"
    weights = load_file(file)
    del weights[name]
    save_file(weights, file)
    with pytest.raises(DataError, match=rf"{folder}/model\.safetensors: no tensor '{name}'; weights are read from"):
        load_encoder(copy)
    save_file(weights | {name: np.ones(3, np.float32)}, file)
    with pytest.raises(DataError, match=rf"tensor '{folder}/{name}' has shape \(3,\)"):
        load_encoder(copy)


@pytest.mark.parametrize(
    ("modules", "message"),
    [
        ({"1_Pooling": (f"{OLD}Pooling", {"pooling_mode": "middle"})}, "pooling_mode 'middle' is not supported; cls,"),
        (
            {"1_Pooling": (f"{OLD}Pooling", {"pooling_mode": 3})},
            "1_Pooling/config.json: pooling_mode '3' is not supported",
        ),
        ({"1_Pooling": (f"{OLD}Pooling", {"pooling_mode": ["cls", 3]})}, "pooling_mode '3' is not supported; cls,"),
        (
            {"1_Pooling": (f"{OLD}Pooling", {"pooling_mode": {"a": 1}})},
            "pooling_mode '{'a': 1}' is not supported; cls,",
        ),
        (
            {"1_Pooling": (f"{OLD}Pooling", {"pooling_mode_attention": True})},
            "'pooling_mode_attention' (True) is not known",
        ),
        ({"1_Pooling": (f"{OLD}Pooling", {"later": None})}, "'later' (None) is not known and may change"),
        ({"1_Pooling": (f"{OLD}Pooling", {"word_embedding_dimension": 64})}, "word_embedding_dimension is 64, but"),
        ({"1_Pooling": (f"{OLD}Pooling", None)}, "1_Pooling/config.json: no such file, which modules.json names"),
        ({"1_CNN": (f"{OLD}CNN", {})}, "the module 'sentence_transformers.models.CNN' is not supported"),
        ({"1_Pooling": ("my_code.Pooling", {})}, "the module 'my_code.Pooling' is not supported"),
        ({"1_Normalize": (f"{OLD}Normalize", {})}, "the first two must be Transformer and Pooling"),
        ({"1": POOL, "2": (f"{OLD}Dense", {"in_features": 8, "out_features": 8})}, "in_features is 8, but"),
        (
            {"1": POOL, "2": (f"{OLD}Dense", {"in_features": 32})},
            "2/config.json: out_features: expected a positive whole number, found None",
        ),
        (
            {"1": POOL, "2": (f"{OLD}Dense", {"in_features": 32, "out_features": "8"})},
            "2/config.json: out_features: expected a positive whole number, found '8'",
        ),
        (
            {"1": POOL, "2": (f"{OLD}Dense", {"in_features": 32, "out_features": 8, "activation_function": "a.b"})},
            "activation_function 'a.b' is not supported",
        ),
        (
            {"1": POOL, "2": (f"{OLD}Dense", {"in_features": 32, "out_features": 8, "scale": 2})},
            "'scale' (2) is not known",
        ),
        (
            {"1": POOL, "2": (f"{OLD}Dense", {"in_features": 32, "out_features": 8, "module_input_name": "tokens"})},
            "2/config.json: module_input_name 'tokens' is not supported; 'sentence_embedding' is",
        ),
        (
            {"1": POOL, "2": (f"{OLD}Normalize", {"module_output_name": "tokens"})},
            "2/config.json: module_output_name 'tokens' is not supported; 'sentence_embedding' is",
        ),
        (
            {"1": POOL, "2": (f"{OLD}Dense", {"in_features": 32, "out_features": 8})},
            "2/model.safetensors: no tensor 'linear.weight'; weights are read from safetensors files only",
        ),
        ({"1": POOL, "2": (f"{OLD}Pooling", {})}, "a Pooling after the pooling is not supported"),
    ],
)
def test_modules_that_are_not_supported_are_named(with_modules, modules, message):
    with pytest.raises(DataError) as raised:
        load_encoder(with_modules(modules))
    assert message in str(raised.value)


DAMAGED = [
    "{}",
    '{"a": 1}',
    "[1]",
    "[",
    '[{"path": "../x", "type": "a"}]',
    '[{"path": "", "type": 3}]',
    '[{"path": null, "type": "a"}]',
]


@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_list_of_modules_is_named(with_modules, content):
    directory = with_modules({})
    (directory / "modules.json").write_text(content)
    with pytest.raises(DataError, match=r"modules\.json: "):
        load_encoder(directory)
