"""Checkpoint directories: reading, errors, and atomic saving."""

import json

import numpy as np
import pytest
from safetensors.numpy import save_file

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
