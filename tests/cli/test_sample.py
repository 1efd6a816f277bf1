import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import HANG_SECONDS

ROOT = Path(__file__).parents[2]


def vitrine(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    program = "from cli.main import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=HANG_SECONDS,
    )


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_it_writes_a_sample_and_prints_its_counts(tmp_path: Path) -> None:
    done = vitrine("sample", "--output", str(tmp_path), "--products", "40", "--queries", "8")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0] == f"{tmp_path}: written"
    assert lines[1].startswith("products   40 (")
    assert lines[2].startswith("train      6 queries, ")
    assert lines[3].startswith("eval       2 queries, ")


def test_hash_seeds_change_nothing_and_json_goes_alone_to_standard_output(tmp_path: Path) -> None:
    sizes = ("--products", "40", "--queries", "8", "--json")
    done = {
        seed: vitrine("sample", "--output", str(tmp_path / seed), *sizes, PYTHONHASHSEED=seed) for seed in ("1", "2")
    }
    counts = json.loads(done["1"].stdout)
    assert (counts["products"], counts["queries"], counts["written"]) == (40, {"train": 6, "eval": 2}, True)
    assert files(tmp_path / "1") == files(tmp_path / "2")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--products", "0"), "error: --products 0: a sample needs 20 or more"),
        (("--queries", "-5"), "error: --queries -5: a sample needs 4 or more"),
    ],
)
def test_a_bad_size_is_one_clear_line(tmp_path: Path, arguments: tuple[str, ...], message: str) -> None:
    done = vitrine("sample", "--output", str(tmp_path / "new"), *arguments)
    assert (done.returncode, done.stderr.strip()) == (2, message)
    assert not (tmp_path / "new").exists()


def test_an_output_that_is_a_file_is_one_clear_line(tmp_path: Path) -> None:
    existing = tmp_path / "taken"
    existing.write_text("mine")
    done = vitrine("sample", "--output", str(existing))
    assert (done.returncode, done.stderr.strip()) == (2, f"error: --output {existing}: is a file; name a folder")
