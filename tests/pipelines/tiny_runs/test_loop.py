"""The loop with a real pipeline, model server and event log: killed while it retrains, then on trial, then promoted."""

import json
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.conftest import PROGRAM
from tests.docs.test_operations import blocks
from tests.pipelines.tiny_runs.conftest import Clone, Step
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.data.contract.files import read_judgements, write_judgements
from vitrine.data.contract.spans import new_span
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog
from vitrine.experiments.assignment import assign_arm

PAIRS = 40


@dataclass(frozen=True)
class Shop:
    """A copy of the run with a new span of judgements, a model server, and the loop's configuration."""

    clone: Clone
    folder: Path

    @property
    def events(self) -> Path:
        return self.folder / "events"

    def command(self, *arguments: str) -> list[str]:
        return [*PROGRAM, "loop", arguments[0], "--config", str(self.folder / "loop.yaml"), *arguments[1:]]

    def loop(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*arguments), cwd=self.clone.folder, env=self.clone.environment, capture_output=True, text=True,
            timeout=900, check=False,
        )  # fmt: skip

    def status(self) -> dict[str, Any]:
        return json.loads(self.loop("status", "--json").stdout)

    def labels(self) -> dict[str, int]:
        text = (self.folder / "models.config").read_text(encoding="utf-8")
        return {key: int(value) for key, value in re.findall(r'key: "(\w+)"\s+value: (\d+)', text)}


@pytest.fixture(scope="module")
def shop(clone: Clone, pushed: Step, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    assert pushed.returncode == 0
    folder = tmp_path_factory.mktemp("loop")
    shop = Shop(clone, folder)
    shutil.copytree(clone.output, folder / "run")
    data = shutil.copytree(clone.folder / "data" / "sample", folder / "data")
    add_span(data)
    (version,) = [int(path.name) for path in (folder / "run/serving/product_search").iterdir()]
    config, loop_yaml = blocks("Releases", "")[0], blocks("The loop", "yaml")[0]
    served = config.replace("/srv/shop/serving", str(folder / "run" / "serving")).replace("1795226611", str(version))
    (folder / "models.config").write_text(served)
    process = subprocess.Popen(
        [*PROGRAM, "serve", "--model-config-file", "models.config", "--port", "0", "--grpc-port", "-1",
         "--poll-seconds", "0.2", "--allow-version-labels-for-unavailable-models"],
        cwd=folder, env=clone.environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        url = re.search(r"http://\S+", process.stdout.readline())[0]
        options = ("--model-config-file", str(folder / "models.config"), "--server", url)
        clone.ran(*PROGRAM, "release", "promote", "--version", str(version), *options)
        settings = yaml.safe_load(loop_yaml)
        write_settings(shop, settings, data, url)
        yield shop
    finally:
        process.terminate()
        process.wait(timeout=HANG_SECONDS)
        process.stdout.close()


def add_span(data: Path) -> None:
    """Add a span that confirms some judgements of the train split."""
    train = read_judgements(data, "train").slice(0, PAIRS)
    with new_span(data, "judgements") as span:
        write_judgements(span / "written", "train", train)
        (span / "written" / "judgements" / "train").rename(span / "train")
        shutil.rmtree(span / "written")


def write_settings(shop: Shop, settings: dict[str, Any], data: Path, url: str) -> None:
    """Write the page's configuration with the paths of this test, and numbers for a little traffic."""
    settings |= {"run": "configs/sample.yaml", "output": str(shop.folder / "run")}
    settings["set"] = [f"data.dir={data}", "data.spans=all", "trainer.epochs=2"]
    settings["triggers"]["judgements"] = PAIRS
    settings["release"] |= {"model_config_file": str(shop.folder / "models.config"), "servers": [url]}
    settings["release"]["canary"] |= {"searches": 50, "least_searches": 20, "latency_answers": 20}
    settings["events"] = str(shop.events)
    del settings["learn"], settings["drift"]
    shop.events.mkdir()
    (shop.folder / "loop.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")


@pytest.fixture(scope="module")
def killed_loop(shop: Shop) -> int:
    """Kill the loop while its pipeline runs; return its exit code."""
    process = subprocess.Popen(
        shop.command("run"), cwd=shop.clone.folder, env=shop.clone.environment, stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )  # fmt: skip
    gates = shop.folder / "run" / "artifacts" / "WindowGate"
    wait_until(lambda: list(gates.glob("remaining_judgements/*/Split-eval/*")))
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=HANG_SECONDS)
    return process.returncode


@pytest.fixture(scope="module")
def on_trial(shop: Shop, killed_loop: int) -> subprocess.CompletedProcess[str]:
    """The pass after the killed one."""
    assert killed_loop == -signal.SIGKILL
    assert shop.status()["cycle"]["state"] == "retraining"
    return shop.loop("run")


def test_a_killed_loop_goes_on_with_the_same_cycle(shop: Shop, on_trial: subprocess.CompletedProcess[str]) -> None:
    assert on_trial.returncode == 0, on_trial.stderr
    status = shop.status()
    assert (status["cycle"]["id"], status["cycle"]["state"]) == (1, "on trial")
    decisions = [decision["decision"] for decision in reversed(status["decisions"])]
    assert decisions == ["begin", "comparing", "releasing", "on trial", "wait"]
    assert status["decisions"][-1]["reason"].startswith(f"{PAIRS} new judged pairs in span 1")


def test_the_version_on_trial_has_the_label_canary(shop: Shop, on_trial: subprocess.CompletedProcess[str]) -> None:
    assert on_trial.returncode == 0
    labels = shop.labels()
    assert labels["canary"] == shop.status()["cycle"]["version"]
    assert labels["stable"] != labels["canary"]


def test_the_gate_has_compared_both_versions_on_the_held_out_queries(
    shop: Shop, on_trial: subprocess.CompletedProcess[str]
) -> None:
    assert on_trial.returncode == 0
    (decision,) = (found for found in shop.status()["decisions"] if found["decision"] == "releasing")
    current = decision["figures"]["current spans"]
    queries = set(read_judgements(shop.folder / "data", "eval")["query_id"].to_pylist())
    assert current["queries"] == len(queries)
    assert 0 < current["stable"] <= 1
    assert decision["figures"]["older spans"] == {"not_compared": "there are no held-out queries"}


def test_the_lineage_names_the_span(shop: Shop, on_trial: subprocess.CompletedProcess[str]) -> None:
    assert on_trial.returncode == 0
    version = str(shop.status()["cycle"]["version"])
    printed = shop.clone.ran(*PROGRAM, "lineage", "--version", version, "--output", str(shop.folder / "run"))
    assert "judgements, spans 1:" in printed


def test_the_run_of_a_cycle_has_its_id_and_its_directory(
    shop: Shop, on_trial: subprocess.CompletedProcess[str]
) -> None:
    assert on_trial.returncode == 0
    cycle, output = shop.status()["cycle"], str(shop.folder / "run")
    version = str(cycle["version"])
    lineage = shop.clone.ran(*PROGRAM, "lineage", "--version", version, "--output", output, "--json")
    assert json.loads(lineage)["pushed"]["run_id"] == cycle["run_id"]
    newest, *_, first = json.loads(shop.clone.ran(*PROGRAM, "runs", "--output", output, "--json"))
    assert (newest["run_id"], newest["version"]) == (cycle["run_id"], version)
    assert first["run_id"] != cycle["run_id"]
    kept = shop.folder / "run" / "cycles" / "1"
    assert json.loads((kept / "report.json").read_text())["pushed"]["product_search"].endswith(version)
    assert {path.name for path in kept.iterdir()} == {"report.json", "report.md", "metrics.json", "run.log"}


def test_clicks_on_both_arms_make_the_version_stable(shop: Shop, on_trial: subprocess.CompletedProcess[str]) -> None:
    assert on_trial.returncode == 0
    with EventLog(shop.events) as log:
        for number in range(300):
            user, now = f"u{number}", time.time()
            arm = assign_arm("canary", {"a": 0.5, "b": 0.5}, user)
            log.put(
                SearchEvent(
                    time=now,
                    request_id=f"r{number}",
                    user=user,
                    query="mug",
                    experiment="canary",
                    arm=arm,
                    latency_ms=20 + number % 7,
                    cached=False,
                    total=1,
                    product_ids=["p"],
                )
            )
            if number % 3 == 0:
                log.put(FeedbackEvent(time=now, request_id=f"r{number}", user=user, product_id="p"))
    version, stable = shop.labels()["canary"], shop.labels()["stable"]
    done = shop.loop("run", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "promoted"
    assert shop.labels() == {"stable": version, "canary": version, "previous": stable}
    idle = shop.loop("run")
    assert idle.returncode == 0
    assert idle.stdout.startswith("wait: 0 new judged pairs in no span")
