import importlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest
from click.testing import CliRunner, Result
from pyarrow import parquet

from cli.main import cli
from tests.waiting import HANG_SECONDS
from vitrine.errors import ConfigError


@pytest.fixture(scope="module", autouse=True)
def imported_milvus() -> None:
    """Import what Feast imports on its first read: it configures logging, which closes absl's stream in a CliRunner."""
    importlib.import_module("pymilvus")


@pytest.fixture
def serving(tmp_path: Path) -> Path:
    directory = tmp_path / "serving" / "index" / "1"
    directory.mkdir(parents=True)
    parquet.write_table(pa.table({"product_id": ["p1", "p2"]}), directory / "vectors.parquet")
    return tmp_path / "serving"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli, ["catalogue", *map(str, arguments)])


def test_update_and_show(serving: Path, tmp_path: Path) -> None:
    file = tmp_path / "changes.csv"
    file.write_text("product_id,price,rating\np1,5,4.5\nx,6,\np2,y,1\n")
    options = ("--serving", serving, "--input", file, "--attribute", "rating=number")
    refused = run("update", *options)
    assert "changes.csv:4: price 'y' is not a decimal number" in str(refused.exception)
    done = run("update", *options, "--on-error", "skip")
    assert "changes.csv: update 1, 2 products (price, rating)" in done.stdout
    assert "not served, kept for later versions: 1, such as x" in done.stdout
    assert "changes.csv:4: price 'y'" in done.stderr
    assert run("show", "p1", "p2", "--serving", serving).stdout == (
        "p1: price 5.0, hidden 0, rating 4.5\np2: never updated\n"
    )
    shown = json.loads(run("show", "p1", "--serving", serving, "--json").stdout)
    assert shown[0]["rating"] == 4.5
    assert json.loads(run("update", *options, "--on-error", "skip", "--json").stdout)["sequence"] == 2
    assert run("restore", "--serving", serving).stdout == "2 products written\n"


def test_one_source_of_changes_is_needed(serving: Path) -> None:
    result = run("update", "--serving", serving)
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception) == "give either --input FILE or --watch FOLDER"


def test_an_unknown_setting_of_the_store_is_named(serving: Path, tmp_path: Path) -> None:
    result = run("update", "--serving", serving, "--input", tmp_path / "x.csv", "--set", "online.typ=redis")
    assert isinstance(result.exception, ConfigError)
    assert str(result.exception).startswith("--set: online")


def test_a_watch_ends_with_a_signal(serving: Path, tmp_path: Path) -> None:
    (tmp_path / "incoming").mkdir()
    (tmp_path / "incoming" / "a.csv").write_text("product_id,price\np1,5\n")
    arguments = ["catalogue", "update", "--serving", str(serving), "--watch", str(tmp_path / "incoming"), "--json"]
    command = [sys.executable, "-c", "from cli.main import main; main()", *arguments]
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment) as process:
        try:
            assert process.stdout
            assert json.loads(process.stdout.readline())["products"] == 1
            process.send_signal(signal.SIGTERM)
            assert process.wait(HANG_SECONDS) == 0
        finally:
            process.kill()
    assert (tmp_path / "incoming" / "done" / "a.csv").exists()
