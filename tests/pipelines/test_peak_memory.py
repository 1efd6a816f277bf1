import json
import sys
from pathlib import Path

import pytest
from absl import logging as absl_logging

from pipelines.node_messages import CACHED, FINISHED, STARTED
from pipelines.peak_memory import PeakMemory, read_peaks

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux can reset a process's peak")


@pytest.fixture(autouse=True)
def info():
    before = absl_logging.get_verbosity()
    absl_logging.set_verbosity(absl_logging.INFO)
    yield
    absl_logging.set_verbosity(before)


def node(name: str, mebibytes: int = 0, cached: bool = False) -> None:
    absl_logging.info(STARTED, name)
    if cached:
        absl_logging.info(CACHED, 7)
    memory = b"x" * (mebibytes << 20)
    del memory
    absl_logging.info(FINISHED, name)


def test_each_node_has_its_own_peak(tmp_path: Path) -> None:
    with PeakMemory(tmp_path / "memory.json"):
        node("Large", 400)
        node("Small")
    peaks = read_peaks(tmp_path / "memory.json")
    assert list(peaks) == ["Large", "Small"]
    assert peaks["Large"] > peaks["Small"] + 350


def test_a_cached_node_keeps_its_earlier_peak(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_text(json.dumps({"Trainer": 7, "Transform": 8}), encoding="utf-8")
    with PeakMemory(tmp_path / "memory.json"):
        node("Trainer", cached=True)
        node("Transform")
    peaks = read_peaks(tmp_path / "memory.json")
    assert peaks["Trainer"] == 7
    assert peaks["Transform"] > 8


def test_nothing_is_recorded_outside_the_context(tmp_path: Path) -> None:
    with PeakMemory(tmp_path / "memory.json"):
        pass
    node("Late")
    assert read_peaks(tmp_path / "memory.json") == {}


def test_a_truncated_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "memory.json").write_text('{\n  "Trai', encoding="utf-8")
    with PeakMemory(tmp_path / "memory.json"):
        node("Transform")
    assert list(read_peaks(tmp_path / "memory.json")) == ["Transform"]


def test_a_concurrent_reader_sees_a_complete_file(tmp_path: Path) -> None:
    file = tmp_path / "memory.json"
    with PeakMemory(file):
        node("Transform")
        reader = file.open(encoding="utf-8")
        node("Trainer")
    with reader:
        assert list(json.load(reader)) == ["Transform"]
    assert [path.name for path in tmp_path.iterdir()] == ["memory.json"]
