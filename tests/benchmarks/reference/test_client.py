"""Calls of the reference: messages between the processes, and errors of failed calls."""

import os
import signal

import numpy as np
import pytest

from benchmarks.reference.client import Reference, ReferenceFailedError
from benchmarks.reference.messages import dumps, loads


def test_arrays_bytes_and_paths_pass_in_any_place(tmp_path):
    rows = np.arange(6, dtype=np.int64).reshape(2, 3)
    sent = {"rows": [rows, rows.astype(np.float32)], "image": b"\x00\xff", "file": tmp_path, "text": "Café\n\ud800"}
    line = dumps(sent)
    assert "\n" not in line
    got = loads(line)
    assert got["file"] == str(tmp_path)
    assert (got["image"], got["text"]) == (sent["image"], sent["text"])
    for ours, theirs in zip(got["rows"], sent["rows"], strict=True):
        assert ours.dtype == theirs.dtype
        np.testing.assert_array_equal(ours, theirs)


def test_objects_do_not_pass():
    with pytest.raises(TypeError, match="object cannot be a part of a message"):
        dumps([object()])
    with pytest.raises(ValueError, match="allow_pickle"):
        dumps(np.array([object()]))


def test_a_failed_call_shows_its_traceback_and_the_next_one_is_answered(reference, tmp_path):
    with pytest.raises(ReferenceFailedError) as raised:
        reference("bert.embed", directory=tmp_path / "nowhere", texts=["mug"], max_tokens=8)
    assert "bert.embed: Traceback" in str(raised.value)
    assert "functions/bert.py" in str(raised.value)
    with pytest.raises(ReferenceFailedError, match="has no attribute 'nothing'"):
        reference("bert.nothing")
    assert reference("clip.settings", fields={"projection_dim": 24})["projection_dim"] == 24


def test_an_ended_process_is_an_error():
    with Reference() as reference:
        os.kill(reference.process, signal.SIGKILL)
        with pytest.raises(ReferenceFailedError, match=r"clip\.settings: exit code -9"):
            reference("clip.settings", fields={})


def test_without_an_environment_it_says_how_to_get_one(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"reference is not installed; run `make setup-tests`"):
        Reference(tmp_path)
