"""Releases on a real server, with real clients."""

import json
import re
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from click.testing import CliRunner, Result

from cli.main import cli
from tests.cli.interrupts import enable_interrupts
from tests.cli.release_models import write_version
from tests.conftest import PROGRAM, ROOT, environment
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.errors import ConfigError, DataError, NetworkError, RefusedError, ServeError
from vitrine.serving.config.model_config import parse_config
from vitrine.serving.release.model_entry import Entry, read_entry

MODELS = ("story", "refused", "killed", "fresh", "other", "early")
SILENT, FAILING, BROKEN, COLD = 13, 14, 15, 16


@pytest.fixture(scope="module")
def base_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write good versions 1, 2 and 3, and versions that fail in several ways."""
    base = tmp_path_factory.mktemp("models") / "shop"
    for version in (1, 2, 3):
        write_version(base / str(version))
    write_version(base / str(SILENT), answers="nothing")
    write_version(base / str(FAILING), answers="failing")
    write_version(base / str(COLD), warmup=False)
    (base / str(BROKEN)).mkdir()
    (base / str(BROKEN) / "saved_model.pb").write_bytes(b"no proto")
    return base


@dataclass(frozen=True)
class Served:
    """A server and its configuration file."""

    file: Path
    url: str

    def release(self, *arguments: object, file: Path | None = None) -> Result:
        options = ["--model-config-file", file or self.file, "--server", self.url]
        return CliRunner().invoke(cli, ["release", *map(str, [*arguments, *options])])

    def successful_release(self, *arguments: object) -> Result:
        result = self.release(*arguments)
        assert result.exit_code == 0, (result.output, result.exception)
        return result

    def entry(self, model: str) -> Entry:
        return read_entry(self.file.read_text(), self.file, model)

    def entries(self) -> dict[str, Any]:
        """Return all entries of the file by model."""
        models = parse_config(self.file.read_text(), self.file).model_config_list.config
        return {entry.name: entry for entry in models}

    def predict(self, model: str, label: str = "stable") -> tuple[int, Any]:
        response = httpx.post(
            f"{self.url}/v1/models/{model}/labels/{label}:predict", json={"inputs": ["mug"]}, timeout=HANG_SECONDS
        )
        return response.status_code, response.json()

    def states(self, model: str) -> dict[str, str]:
        statuses = httpx.get(f"{self.url}/v1/models/{model}", timeout=HANG_SECONDS).json()["model_version_status"]
        return {status["version"]: status["state"] for status in statuses}


def config(base_path: Path) -> str:
    """List all MODELS with version 1 as stable; `fresh` has no labels, and the label of `early` has no version."""
    policies = {"fresh": "latest { num_versions: 99 }"}
    labels = {"fresh": "# no labels yet", "early": 'version_labels { key: "stable" value: 99 }'}
    entries = "".join(
        f"""  config {{
    name: "{model}"
    base_path: "{base_path}"
    model_platform: "tensorflow"
    model_version_policy {{ {policies.get(model, "specific { versions: 1 }")} }}
    {labels.get(model, 'version_labels { key: "stable" value: 1 }')}
  }}
"""
        for model in MODELS
    )
    return f"# By hand.\nmodel_config_list {{\n{entries}}}\n"


@pytest.fixture(scope="module")
def served(base_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    file = tmp_path_factory.mktemp("served") / "models.config"
    file.write_text(config(base_path))
    arguments = ["serve", "--model-config-file", file, "--allow-version-labels-for-unavailable-models", "--port", 0]
    polling = ["--grpc-port", -1, "--poll-seconds", 0.1]
    command = [*PROGRAM, *map(str, [*arguments, *polling])]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield Served(file, re.search(r"http://\S+", process.stdout.readline())[0])
    finally:
        process.kill()
        process.communicate()


@contextmanager
def clients(ask: Callable[[], Any], count: int = 4) -> Iterator[list[Any]]:
    """Send requests from several threads during the block, and yield all responses."""
    answers: list[Any] = []
    done = threading.Event()

    def send_requests() -> None:
        while not done.is_set():
            answers.append(ask())

    threads = [threading.Thread(target=send_requests) for _ in range(count)]
    for thread in threads:
        thread.start()
    try:
        yield answers
    finally:
        done.set()
        for thread in threads:
            thread.join()


def answer(version: int) -> tuple[int, Any]:
    return 200, {"outputs": {"product_id": [[f"mug-{version}"]], "score": [[0.0]]}}


def error(result: Result, kind: type[Exception]) -> str:
    assert isinstance(result.exception, kind), result.exception
    return str(result.exception)


def test_no_request_fails_from_canary_to_promotion_to_rollback(served: Served) -> None:
    before = served.entries()
    with clients(lambda: served.predict("story")) as answers:
        output = served.successful_release("canary", "--model", "story", "--version", 2)
        assert output.stdout == "story: canary 2, stable 1\n"
        assert (served.predict("story"), served.predict("story", "canary")) == (answer(1), answer(2))
        assert set(map(repr, answers)) == {repr(answer(1))}

        output = served.successful_release("promote", "--model", "story", "--json")
        assert json.loads(output.stdout) == {
            "model": "story",
            "file": str(served.file),
            "dry_run": False,
            "labels_before": {"stable": 1, "canary": 2},
            "labels": {"stable": 2, "canary": 2, "previous": 1},
            "versions": [1, 2],
            "smoke": {"2": ["serving_default"]},
        }
        assert [served.predict("story", label) for label in ("stable", "canary", "previous")] == [
            answer(2), answer(2), answer(1)
        ]  # fmt: skip
        count = len(answers)
        wait_until(lambda: len(answers) > count + 20)

        served.successful_release("canary", "--model", "story", "--version", 3)
        assert served.entry("story").versions == {1, 2, 3}
        served.successful_release("promote", "--model", "story", "--query", "red mug", "--query", "lamp")
        assert served.entry("story").labels == {"stable": 3, "canary": 3, "previous": 2}
        wait_until(lambda: served.states("story") == {"3": "AVAILABLE", "2": "AVAILABLE", "1": "END"})

        output = served.successful_release("rollback", "--model", "story")
        assert output.stdout == "story: stable 2\n"
        assert served.predict("story") == answer(2)
        wait_until(lambda: served.states("story") == {"3": "END", "2": "AVAILABLE", "1": "END"})
    assert {status for status, _ in answers} == {200}
    assert set(map(repr, answers)) == {repr(answer(version)) for version in (1, 2, 3)}
    # The entries of other models are unchanged.
    now = served.entries()
    assert list(now) == list(before)
    assert {name: entry for name, entry in now.items() if name != "story"} == {
        name: entry for name, entry in before.items() if name != "story"
    }


@pytest.mark.parametrize(
    ("version", "options", "reason"),
    [
        (BROKEN, ("--no-smoke", "--timeout", "2"), rf"version {BROKEN} does not load at http.*: DATA_LOSS: "),
        (SILENT, (), rf"version {SILENT} answers serving_default with nothing"),
        (FAILING, ("--query", "red mug"), rf"version {FAILING} answers serving_default with 400: .*no vectors"),
    ],
)
@pytest.mark.parametrize("step", ["canary", "promote"])
def test_a_version_that_does_not_load_or_answer_leaves_everything_unchanged(
    served: Served, version: int, options: tuple[str, ...], reason: str, step: str
) -> None:
    before = served.file.read_text()
    result = served.release(step, "--model", "refused", "--version", version, *options)
    assert isinstance(result.exception, RefusedError)
    assert re.match(reason, str(result.exception), re.DOTALL)
    assert result.stderr.endswith(f"{served.file}: restored\n")
    assert served.file.read_text() == before
    assert served.predict("refused") == answer(1)
    wait_until(lambda: served.states("refused")[str(version)] == "END")
    assert served.predict("refused", "canary")[0] == 400


def test_a_version_that_does_not_answer_can_be_served_without_a_smoke_test(served: Served) -> None:
    served.successful_release("canary", "--model", "refused", "--version", SILENT, "--no-smoke")
    output = served.successful_release("rollback", "--model", "refused")
    assert output.stdout == "refused: stable 1\n"


def test_a_model_without_labels_gets_them(served: Served) -> None:
    # TF Serving loads all versions of the policy; after this release, only released versions are loaded.
    result = served.release("canary", "--model", "fresh", "--version", 2)
    assert "no version is labelled stable" in str(result.exception)
    served.successful_release("promote", "--model", "fresh", "--version", 1)
    assert served.entry("fresh").labels == {"stable": 1}
    assert served.entry("fresh").versions == {1, 2, 3, SILENT, FAILING, COLD}
    assert served.predict("fresh") == answer(1)


def test_a_label_that_was_configured_before_its_version_is_loaded_goes_to_one_that_is(served: Served) -> None:
    message = error(served.release("canary", "--model", "early", "--version", 2), ConfigError)
    assert message.startswith(
        f"{served.file}: early: label stable is configured for version 99, which is not loaded; `vitrine release "
    )
    served.successful_release("promote", "--model", "early", "--version", 2)
    assert served.entry("early").labels == {"stable": 2}  # and nothing to go back to
    assert served.predict("early") == answer(2)


def test_every_server_of_the_file_must_be_ready(served: Served) -> None:
    replica = served.url.replace("127.0.0.1", "localhost")
    output = served.successful_release("canary", "--model", "other", "--version", 2, "--server", replica).stderr
    for url in (served.url, replica):
        for line in ("version 2 is available", "version 2 passes its smoke test", "canary is version 2"):
            assert f"{url}: {line}\n" in output
    served.successful_release("rollback", "--model", "other")


def test_a_dry_run_prints_the_changes_and_writes_nothing(served: Served) -> None:
    before = served.file.read_text()
    output = served.successful_release("canary", "--model", "other", "--version", 2, "--dry-run").stdout
    assert '+      key: "canary"\n+      value: 2\n' in output
    assert "+        versions: 2\n" in output
    as_json = json.loads(
        served.successful_release("canary", "--model", "other", "--version", 2, "--dry-run", "--json").stdout
    )
    assert (as_json["dry_run"], as_json["labels"], as_json["versions"]) == (True, {"stable": 1, "canary": 2}, [1, 2])
    assert served.file.read_text() == before


def test_repeating_a_release_changes_nothing(served: Served) -> None:
    served.successful_release("canary", "--model", "other", "--version", 2)
    before = served.file.stat().st_mtime_ns
    assert served.successful_release("canary", "--model", "other", "--version", 2).stderr == ""
    assert served.file.stat().st_mtime_ns == before
    served.successful_release("rollback", "--model", "other")


def test_invalid_releases_fail_at_once_and_write_nothing(served: Served, base_path: Path, tmp_path: Path) -> None:
    before = served.file.read_text()
    message = error(served.release("canary", "--model", "other", "--version", 9), DataError)
    assert message == f"{base_path} has no version 9; it has 1, 2, 3, 13, 14, 15, 16"
    message = error(served.release("promote", "--model", "other"), ConfigError)
    assert message.startswith(f"{served.file}: other: there is no canary to promote;")
    message = error(served.release("rollback", "--model", "other"), ConfigError)
    assert message.startswith(f"{served.file}: other: there is no canary to drop,")
    message = error(served.release("canary", "--model", "lamps", "--version", 2), ConfigError)
    assert message == f"{served.file}: lists no model lamps; it lists {', '.join(MODELS)}"
    message = error(served.release("canary", "--model", "other", "--version", COLD), DataError)
    assert message.endswith("no such file, so there is no smoke test; give --query TEXT, or --no-smoke")
    malformed = tmp_path / "malformed.config"
    malformed.write_text("model_config_list {\n  config {\n    nme: 3\n")
    message = error(served.release("promote", file=malformed), ServeError)
    assert message.startswith(f"{malformed}:3: ")
    assert served.file.read_text() == before


def test_a_server_that_does_not_respond_fails_the_release_before_anything_is_written(served: Served) -> None:
    before = served.file.read_text()
    options = ("--model-config-file", served.file, "--server", "http://127.0.0.1:9", "--model", "other")
    result = CliRunner().invoke(cli, ["release", "canary", "--version", "2", *map(str, options)])
    assert error(result, NetworkError).startswith("http://127.0.0.1:9 does not respond: ")
    assert served.file.read_text() == before


def test_a_label_does_not_move_to_a_version_that_is_not_loaded(served: Served, tmp_path: Path) -> None:
    # A file that this server does not read.
    elsewhere = tmp_path / "models.config"
    shutil.copy(served.file, elsewhere)
    before = elsewhere.read_text()
    arguments = ("canary", "--model", "other", "--version", 3, "--timeout", 0.5)
    message = error(served.release(*arguments, file=elsewhere), NetworkError)
    assert re.match(r"http\S+ does not serve version 3 in time; does it poll the file\?", message)
    assert elsewhere.read_text() == before


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_an_interrupted_release_leaves_a_file_that_serves_the_stable_version(
    served: Served, tmp_path: Path, number: signal.Signals
) -> None:
    elsewhere = tmp_path / "models.config"  # a file that no server reads, so that the release waits
    shutil.copy(served.file, elsewhere)
    before, entries = elsewhere.read_text(), served.entries()
    options = ["--model", "killed", "--version", "2", "--no-smoke", "--server", served.url]
    command = [*PROGRAM, "release", "canary", "--model-config-file", str(elsewhere), *options]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=enable_interrupts,
    )  # fmt: skip
    assert process.stderr.readline() == f"{elsewhere}: versions 1, 2; labels stable 1\n"
    process.send_signal(number)
    process.communicate(timeout=HANG_SECONDS)
    if number == signal.SIGINT:
        assert elsewhere.read_text() == before
        return
    assert read_entry(elsewhere.read_text(), elsewhere, "killed").labels == {"stable": 1}
    elsewhere.replace(served.file)
    served.successful_release("canary", "--model", "killed", "--version", 2)
    assert (served.predict("killed"), served.predict("killed", "canary")) == (answer(1), answer(2))
    served.successful_release("rollback", "--model", "killed")
    assert served.entries() == entries


def test_a_refusal_has_its_exit_code(served: Served, vitrine: Any) -> None:
    options = ("--model-config-file", served.file, "--server", served.url, "--model", "refused", "--query", "mug")
    done = vitrine("release", "canary", "--version", SILENT, *options)
    assert (done.returncode, done.stdout) == (4, "")
    assert done.stderr.splitlines()[-1] == f"error: version {SILENT} answers serving_default with nothing"
