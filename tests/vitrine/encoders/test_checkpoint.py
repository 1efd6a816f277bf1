"""Checkpoint directories: reading, errors, and atomic saving."""

import json
import subprocess

import numpy as np
import pytest
from safetensors.numpy import save_file

from benchmarks.reference.client import reference_python
from vitrine.encoders.checkpoint import INDEX, WEIGHTS, Checkpoint, read_checkpoint
from vitrine.errors import DataError

FILES = {"config.json": b'{"model_type": "clip"}', "1_Pooling/config.json": b"{}"}


def checkpoint(value: float = 1.0) -> Checkpoint:
    return Checkpoint("here", FILES, {"a": np.full((2, 3), value, np.float32), "b": np.float32(value).reshape(())})


def test_a_saved_checkpoint_is_read_again(tmp_path):
    checkpoint().save(tmp_path / "new" / "c")
    again = read_checkpoint(tmp_path / "new" / "c")
    assert again.files == FILES
    assert {name: value.tolist() for name, value in again.tensors.items()} == {"a": [[1.0] * 3] * 2, "b": 1.0}
    assert again.fingerprint({"x": 1}) == checkpoint().fingerprint({"x": 1})


def test_the_fingerprint_follows_rules_names_shapes_and_values():
    tensors = {"a": np.zeros((2, 3), np.float32)}
    prints = [
        Checkpoint("", {}, weights).fingerprint(rules)
        for rules, weights in (
            ({"x": 1}, tensors),
            ({"x": 2}, tensors),
            ({"x": 1}, {"b": tensors["a"]}),
            ({"x": 1}, {"a": tensors["a"].T}),
            ({"x": 1}, {"a": tensors["a"] + 1}),
        )
    ]
    assert len(set(prints)) == 5
    assert all(len(fingerprint) == 64 for fingerprint in prints)


def test_saving_replaces_in_one_step_and_leaves_nothing_behind(tmp_path):
    target = tmp_path / "c"
    checkpoint(1.0).save(target)
    checkpoint(2.0).save(target)
    assert read_checkpoint(target).tensor("b", ()) == 2.0
    broken = Checkpoint("here", {"config.json": b"{}", "config.json/nested": b""}, {})
    with pytest.raises(OSError, match=r"config\.json"):
        broken.save(target)
    assert read_checkpoint(target).tensor("b", ()) == 2.0
    assert [path.name for path in tmp_path.iterdir()] == ["c"]


def test_sharded_and_half_precision_weights_are_read_as_float32(reference, tmp_path):
    (tmp_path / "config.json").write_bytes(b"{}")
    shards = {"a": "one.safetensors", "ids": "one.safetensors", "b": "two.safetensors"}
    tensors = {"a": np.array([0.5, 1.5], np.float32), "ids": np.arange(3), "b": np.array([0.25], np.float32)}
    types = {"a": "bfloat16", "ids": "int64", "b": "float16"}
    for file in ("one.safetensors", "two.safetensors"):
        shard = {name: tensors[name] for name in tensors if shards[name] == file}
        reference("checkpoints.write_tensors", file=tmp_path / file, tensors=shard, types=types)
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": shards}))
    tensors = read_checkpoint(tmp_path).tensors
    assert {name: (value.dtype, value.tolist()) for name, value in tensors.items()} == {
        "a": (np.float32, [0.5, 1.5]),
        "b": (np.float32, [0.25]),
    }


def test_missing_or_invalid_files_are_named(tmp_path):
    with pytest.raises(DataError, match="nowhere: no such directory"):
        read_checkpoint(tmp_path / "nowhere")
    with pytest.raises(DataError, match=r"model\.safetensors: no such file"):
        read_checkpoint(tmp_path)
    (tmp_path / WEIGHTS).write_bytes(b"\x80\x04not safetensors")
    with pytest.raises(DataError, match=r"model\.safetensors: not a safetensors file"):
        read_checkpoint(tmp_path)
    save_file({"a": np.zeros(3, np.float32)}, tmp_path / WEIGHTS)
    (tmp_path / "config.json").write_bytes(b"[]")
    checkpoint_read = read_checkpoint(tmp_path)
    with pytest.raises(DataError, match=r"config\.json: expected a JSON object, found list"):
        checkpoint_read.json("config.json")
    with pytest.raises(DataError, match=r"vocab\.txt: no such file"):
        checkpoint_read.text("vocab.txt")
    with pytest.raises(DataError, match="no tensor 'b'"):
        checkpoint_read.tensor("b", (3,))
    with pytest.raises(DataError, match=r"tensor 'a' has shape \(3,\), config.json asks for \(2,\)"):
        checkpoint_read.tensor("a", (2,))


@pytest.mark.parametrize("index", ["{", "[]", '{"weight_map": [1]}', "{}"])
def test_an_unreadable_index_of_shards_is_named(tmp_path, index):
    (tmp_path / INDEX).write_text(index)
    with pytest.raises(DataError, match=r"index\.json: not an index of weights"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("name", ["../outside.safetensors", "pytorch_model-00001-of-00002.bin", "/etc/x.safetensors"])
def test_an_index_leads_to_safetensors_files_beside_it_only(tmp_path, name):
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"a": name}}))
    with pytest.raises(DataError, match=r"is not a safetensors file beside it"):
        read_checkpoint(tmp_path)


def test_one_file_counts_before_an_index_as_in_transformers(tmp_path):
    save_file({"a": np.zeros(3, np.float32)}, tmp_path / WEIGHTS)
    (tmp_path / INDEX).write_text(json.dumps({"weight_map": {"b": "missing.safetensors"}}))
    assert list(read_checkpoint(tmp_path).tensors) == ["a"]
    (tmp_path / WEIGHTS).unlink()
    with pytest.raises(DataError, match=r"missing\.safetensors: no such file"):
        read_checkpoint(tmp_path)


@pytest.mark.parametrize("kind", ["float8_e4m3fn", "int8", "uint8"])
def test_quantised_weights_are_refused(reference, tmp_path, kind):
    tensors = {"a": np.ones(3, np.float32)}
    reference("checkpoints.write_tensors", file=tmp_path / WEIGHTS, tensors=tensors, types={"a": kind})
    with pytest.raises(DataError, match=r"tensor 'a' has type \w+; BF16, F16, F32, F64 are supported"):
        read_checkpoint(tmp_path)


MODULES = [
    {"path": "0_Transformer", "type": "sentence_transformers.models.Transformer"},
    {"path": "2_Dense", "type": "sentence_transformers.models.Dense"},
]


@pytest.fixture
def with_modules(tmp_path):
    """A directory of a transformer in its own folder, and a dense layer."""
    (tmp_path / "modules.json").write_text(json.dumps(MODULES))
    for module in MODULES:
        (tmp_path / module["path"]).mkdir()
        save_file({"a": np.ones(3, np.float32)}, tmp_path / module["path"] / WEIGHTS)
    return tmp_path


def test_weights_of_modules_are_read_by_the_rules_of_all_weights(with_modules, reference):
    folder = with_modules / "2_Dense"
    tensors = {"a": np.array([0.5], np.float32), "places": np.arange(3)}
    types = {"a": "bfloat16", "places": "int64"}
    reference("checkpoints.write_tensors", file=folder / WEIGHTS, tensors=tensors, types=types)
    read = read_checkpoint(with_modules).tensors
    assert {name: value.tolist() for name, value in read.items()} == {"a": [1, 1, 1], "2_Dense/a": [0.5]}
    reference("checkpoints.write_tensors", file=folder / WEIGHTS, tensors=tensors, types=types | {"a": "int8"})
    with pytest.raises(DataError, match=r"2_Dense/model\.safetensors: tensor 'a' has type I8; BF16, F16, F32, F64 are"):
        read_checkpoint(with_modules)
    (folder / WEIGHTS).write_bytes(b"no weights")
    with pytest.raises(DataError, match=r"2_Dense/model\.safetensors: not a safetensors file"):
        read_checkpoint(with_modules)


def test_a_transformer_has_no_folder_of_its_own_in_memory(with_modules):
    modules = json.loads(read_checkpoint(with_modules).files["modules.json"])
    assert [module["path"] for module in modules] == ["", "2_Dense"]


def test_a_pickle_is_refused_with_the_code_that_converts_it(reference, tmp_path):
    tensors = {"a": np.array([0.5, 2.0], np.float32)}
    reference("checkpoints.write_pickle", file=tmp_path / "pytorch_model.bin", tensors=tensors)
    with pytest.raises(DataError, match=r"Convert pytorch_model\.bin, in its folder") as raised:
        read_checkpoint(tmp_path)
    code = str(raised.value).split('python -c "')[1].removesuffix('"')
    command = [str(reference_python()), "-c", code]
    subprocess.run(command, cwd=tmp_path, check=True, timeout=120)
    assert read_checkpoint(tmp_path).tensor("a", (2,)).tolist() == [0.5, 2.0]


def test_pickles_in_several_files_are_refused_with_a_way_to_convert_them(tmp_path):
    (tmp_path / "pytorch_model.bin.index.json").write_text("{}")
    with pytest.raises(DataError, match="load the model with transformers, and save it with save_pretrained"):
        read_checkpoint(tmp_path)


def test_adapters_are_refused_whatever_the_model(tmp_path):
    checkpoint().save(tmp_path)
    (tmp_path / "adapter_config.json").write_text('{"peft_type": "LORA"}')
    with pytest.raises(DataError, match=r"adapter_config\.json: adapters are not supported; merge them into the model"):
        read_checkpoint(tmp_path)


def test_weights_that_no_part_has_read_are_refused():
    read = checkpoint()
    read.tensor("a", (2, 3))
    read.require_all_read("b|c")
    with pytest.raises(DataError, match="here: tensor 'b' would not be used, so the vectors would not be the model's"):
        read.require_all_read("c")
    with pytest.raises(DataError, match="tensor 'a' and 1 others would not"):
        checkpoint().require_all_read("c")
