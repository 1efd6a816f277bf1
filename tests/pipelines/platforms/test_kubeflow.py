import socket
from collections.abc import Iterator

import pytest

from pipelines.platforms import kubeflow
from pipelines.platforms.job import SubmittedJob
from pipelines.platforms.kubeflow import submit
from pipelines.settings import RunSettings
from tests.pipelines.platforms.compiled_specs import SPEC, compiled
from tests.pipelines.platforms.kfp_server import KfpServer, served
from vitrine.errors import ConfigError, PlatformError
from vitrine.settings import validate


@pytest.fixture(autouse=True)
def _quickly(monkeypatch: pytest.MonkeyPatch, tmp_path) -> None:
    monkeypatch.setattr(kubeflow, "POLL_SECONDS", 0.01)
    monkeypatch.setenv("HOME", str(tmp_path))  # the SDK keeps its context there
    for name in ("KF_PIPELINES_TOKEN", "KF_PIPELINES_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[KfpServer]:
    with served(KfpServer()) as running:
        yield running


def run_settings(host: str, **kubeflow: str) -> RunSettings:
    return validate(
        RunSettings,
        {
            "name": "shop",
            "data": {"dir": "gs://b/data"},
            "platform": {"image": "example/vitrine:1", "root": "gs://b/root", "kubeflow": {"host": host, **kubeflow}},
        },
        "shop.yaml",
    )


def test_a_pipeline_is_uploaded_before_its_run_is_started(server: KfpServer) -> None:
    lines: list[str] = []
    job = submit(compiled(team="search"), run_settings(server.url, service_account="runner"), "", False, lines.append)
    link = f"{server.url}/#/runs/details/run-0"
    assert job == SubmittedJob("run-0", link, "pending")
    assert lines == [f"started {link}"]
    assert [pipeline["display_name"] for pipeline in server.pipelines] == ["shop"]
    assert [experiment["display_name"] for experiment in server.experiments] == ["vitrine"]
    (version,) = server.versions
    assert version["spec"] == SPEC
    pods = version["platform"]["platforms"]["kubernetes"]["deploymentSpec"]["executors"]["gate_executor"]
    assert pods == {"podMetadata": {"labels": {"team": "search"}}}
    (run,) = server.runs
    assert run["pipeline_version_reference"] == {"pipeline_id": "pipeline-0", "pipeline_version_id": "version-0"}
    assert run["runtime_config"]["pipeline_root"] == "gs://b/root"
    assert run["service_account"] == "runner"


def test_the_next_run_is_of_a_new_version_of_the_same_pipeline(server: KfpServer) -> None:
    for _ in range(2):
        submit(compiled(), run_settings(server.url), "", False, print)
    assert len(server.pipelines) == len(server.experiments) == 1
    assert [run["pipeline_version_reference"]["pipeline_version_id"] for run in server.runs] == [
        "version-0",
        "version-1",
    ]


def test_a_run_is_followed_to_its_end(server: KfpServer) -> None:
    lines: list[str] = []
    job = submit(compiled(), run_settings(server.url), "", True, lines.append)
    assert job.state == "succeeded"
    assert lines[1:] == ["pending", "running", "succeeded"]


@pytest.mark.parametrize("end", ["FAILED", "CANCELED"])
def test_a_run_that_does_not_succeed_is_an_error_with_its_link(server: KfpServer, end: str) -> None:
    server.states = ["RUNNING", end]
    with pytest.raises(PlatformError, match=rf"^the run {end.lower()}; see {server.url}/#/runs/details/run-0$"):
        submit(compiled(), run_settings(server.url), "", True, print)


def test_a_schedule_replaces_the_earlier_one(server: KfpServer) -> None:
    first = submit(compiled(), run_settings(server.url), "0 3 * * *", False, print)
    second = submit(compiled(), run_settings(server.url), "30 4 * * 1", False, print)
    assert first.scheduled
    assert (second.state, second.id != first.id) == ("enabled", True)
    (schedule,) = server.schedules
    assert schedule["recurring_run_id"] == second.id
    assert schedule["trigger"]["cron_schedule"]["cron"] == "0 30 4 * * 1"  # with Kubeflow's field for seconds
    assert server.runs == []


@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (
            403,
            {"message": "user a cannot create runs"},
            "403: user a cannot create runs; the account may not do this; ",
        ),
        (404, "page not found", "404: Not Found; not found there; check platform.kubeflow.host and namespace"),
        (429, {"error_message": "quota"}, "429: quota; too many requests, or a quota is used up; try again later"),
        (500, {"error": "mysql went away"}, "500: mysql went away; the server's logs say more"),
    ],
)
def test_a_refusal_is_one_line_that_says_what_to_do(server: KfpServer, status: int, body: object, message: str) -> None:
    server.refusal = (status, body)  # type: ignore[assignment]
    with pytest.raises(PlatformError) as caught:
        submit(compiled(), run_settings(server.url), "", False, print)
    assert str(caught.value).startswith(f"{server.url}: {message}")
    assert "\n" not in str(caught.value)


def test_a_token_is_read_from_the_environment(server: KfpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.token = "t0ken"
    with pytest.raises(PlatformError, match="401: no valid token; set KF_PIPELINES_TOKEN to a valid token"):
        submit(compiled(), run_settings(server.url), "", False, print)
    monkeypatch.setenv("KF_PIPELINES_TOKEN", "t0ken")
    assert submit(compiled(), run_settings(server.url), "", False, print).id == "run-0"


def test_an_unreachable_server_is_one_line(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(PlatformError, match=rf"^http://127.0.0.1:{port}: cannot be reached: .*refused"):
        submit(compiled(), run_settings(f"http://127.0.0.1:{port}"), "", False, print)
    assert caplog.records == []


def test_the_host_comes_from_the_environment_or_is_required(server: KfpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match=r"^platform\.kubeflow\.host: missing"):
        submit(compiled(), run_settings(""), "", False, print)
    monkeypatch.setenv("KF_PIPELINES_ENDPOINT", server.url)
    assert submit(compiled(), run_settings(""), "", False, print).link.startswith(server.url)
