import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from ml_metadata.proto import metadata_store_pb2 as proto

from cli.main import cli
from tests.conftest import PROGRAM, ROOT
from tests.pipelines.metadata.stores import Metadata
from vitrine.errors import DataError

SLOW = {"apache_beam", "keras", "numpy", "pandas", "pyarrow", "tensorflow", "tfx"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "shop").mkdir()
    metadata = Metadata(tmp_path / "shop" / "metadata.db")
    metadata.execute("run-0", "AnomalyGate", proto.Execution.FAILED, seconds=1.0)
    metadata.push("run-1", "7")
    return tmp_path


def runs(*arguments: object) -> str:
    return CliRunner().invoke(cli, ["runs", *map(str, arguments)], catch_exceptions=False).output


def test_runs_are_rows_the_newest_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    rows = [line for line in runs("--output", ".").splitlines() if "shop" in line]
    assert len(rows) == 2
    assert re.search(r"│ \d{4}-\d\d-\d\d \d\d:\d\d:\d\d │ pushed +│ 7 +│ +\d\.\d s │ 0 of 7 │ +– │ +– │ +– │$", rows[0])
    assert re.search(r"│ failed +│ – +│ +1\.\d s │ 0 of 1 │", rows[1])


def test_json_is_for_programs(folder: Path) -> None:
    newest, oldest = json.loads(runs("--output", folder / "shop", "--json"))
    assert (newest["status"], newest["version"], oldest["status"]) == ("pushed", "7", "failed")


def test_without_a_run_it_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"no run there; `vitrine run` makes one"):
        runs("--output", tmp_path)


def test_it_waits_for_none_of_the_libraries_that_runs_need(folder: Path) -> None:
    command = [sys.executable, "-X", "importtime", *PROGRAM[1:], "runs", "--output", str(folder)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    imported = {module.split(".")[0] for module in re.findall(r"\| +([\w.]+)$", done.stderr, re.MULTILINE)}
    assert "ml_metadata" in imported
    assert imported & SLOW == set()
