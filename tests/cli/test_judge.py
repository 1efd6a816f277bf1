import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.label_endpoint import LabelEndpoint, served
from tests.vitrine.judging.shop import KEY, label_of, write_shop
from tests.waiting import HANG_SECONDS

ROOT = Path(__file__).parents[2]
PROGRAM = "from cli.main import main; main()"


@pytest.fixture
def endpoint() -> Iterator[LabelEndpoint]:
    with served(LabelEndpoint(label_of)) as running:
        yield running


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_shop(tmp_path / "data")


def command(data: Path, endpoint: LabelEndpoint, *arguments: object, per_minute: int = 60_000) -> list[str]:
    assignments = (
        f"endpoint.base_url={endpoint.url}", "endpoint.model=small", "endpoint.api_key_env=MODEL_KEY",
        f"budget.per_minute={per_minute}", "queries=30",
    )  # fmt: skip
    options = [option for assignment in assignments for option in ("--set", assignment)]
    return [sys.executable, "-c", PROGRAM, "judge", "--data", str(data), *options, *map(str, arguments)]


def environment() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "100", "MODEL_KEY": KEY}


def vitrine(data: Path, endpoint: LabelEndpoint, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(data, endpoint, *arguments), cwd=ROOT, env=environment(), capture_output=True, text=True,
        timeout=HANG_SECONDS,
    )  # fmt: skip


def test_a_catalogue_is_judged_and_the_agreement_with_people_printed(data, endpoint):
    done = vitrine(data, endpoint)
    assert done.returncode == 0, done.stderr
    assert " queries are judged by small; this took " in done.stdout
    assert done.stdout.endswith(f"{data}/judgements: written\n")
    assert KEY not in done.stdout + done.stderr
    for file in (data / "judgements").glob("*/*.csv"):
        file.write_text(file.read_text().replace("llm:small", "survey"))
    agreed = vitrine(data, endpoint, "--agreement")
    assert agreed.returncode == 0, agreed.stderr
    assert "kappa 1.000, with quadratic weights 1.000, equal labels 100.0%" in agreed.stdout


def test_json_goes_alone_to_standard_output(data, endpoint):
    printed = json.loads(vitrine(data, endpoint, "--json", "--set", "budget.requests=4").stdout)
    assert printed["model"] == "small"
    assert printed["spent"]["stopped"] == "the budget of 4 requests is spent"
    assert printed["agreement"] is None


@pytest.mark.parametrize(("folder", "name"), [(".", "."), ("catalogue", "..")])
def test_the_labels_lie_beside_a_folder_that_is_named_by_dots(data, endpoint, folder, name):
    (data / folder).mkdir(exist_ok=True)
    done = subprocess.run(
        command(Path(name), endpoint, "--set", "budget.requests=1"), cwd=data / folder,
        env={**environment(), "PYTHONPATH": str(ROOT)}, capture_output=True, text=True, timeout=HANG_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert data.with_name("data.labels.jsonl").stat().st_size > 0


def test_a_killed_command_is_continued_by_the_next(data, endpoint):
    cache = data.with_name("data.labels.jsonl")
    slow = subprocess.Popen(
        command(data, endpoint, per_minute=120), cwd=ROOT, env=environment(), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )  # fmt: skip
    deadline = time.monotonic() + HANG_SECONDS
    while not (cache.exists() and cache.stat().st_size):
        assert time.monotonic() < deadline
        assert slow.poll() is None
        time.sleep(0.05)
    slow.send_signal(signal.SIGKILL)
    slow.communicate()
    kept = len(cache.read_text().splitlines())
    assert kept > 0
    assert not (data / "judgements").exists()
    endpoint.asked.clear()
    printed = json.loads(vitrine(data, endpoint, "--json").stdout)
    asked = sum(len(question["products"]) for question in endpoint.asked)
    assert printed["judged"] == printed["pairs"]
    assert asked <= printed["pairs"] - kept


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--agreement", "--queries", "q.txt"], "error: --agreement judges the pairs of DATA: leave out --serving"),
        (["--set", "endpoint.base_url=http://models.example"], "is not allowed: takes https://"),
        (
            ["--set", "endpoint.api_key_env=NO_KEY"],
            "error: endpoint.api_key_env: the environment variable NO_KEY is not",
        ),
        (["--set", "candidate=3"], "error: settings: candidate: unknown key; known here: attempts, budget, candidates"),
        (["--serving", "nowhere"], "error: nowhere: no such directory; `vitrine run` pushes to one"),
        (["--queries", "nowhere.txt"], "error: nowhere.txt: No such file or directory"),
        (["--data", "nowhere"], "error: nowhere/catalogue is not a folder"),
        (["--data", "/"], "error: /: has no folder beside it for the labels; name their file with --cache"),
    ],
)
def test_bad_input_is_one_line(data, endpoint, arguments, message):
    done = vitrine(data, endpoint, *arguments)
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.count("\n") == 1
    assert endpoint.bodies == []


def test_a_span_is_added_beside_judgements_and_a_second_one_only_if_there_is_more(data, endpoint):
    first, second = vitrine(data, endpoint, "--span"), vitrine(data, endpoint, "--span")
    assert first.returncode == second.returncode == 0, first.stderr + second.stderr
    assert [path.name for path in (data / "judgements").iterdir()] == ["span-1"]
    assert first.stdout.endswith(f"{data}/judgements: written\n")
    assert second.stdout.endswith("no span is written: there is no new label\n")
    refused = vitrine(data, endpoint, "--span", "--agreement")
    assert (refused.returncode, refused.stderr.strip()) == (
        2, "error: --span adds to DATA: leave out --output and --agreement",
    )  # fmt: skip
