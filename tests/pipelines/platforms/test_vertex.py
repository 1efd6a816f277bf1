import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipelines.platforms import vertex
from pipelines.platforms.vertex import submit
from pipelines.settings import RunSettings
from tests.pipelines.platforms.compiled_specs import SPEC, compiled
from tests.pipelines.platforms.vertex_server import VertexServer, served
from vitrine.errors import ConfigError, PlatformError
from vitrine.settings import validate


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[VertexServer]:
    monkeypatch.setattr(vertex, "POLL_SECONDS", 0.01)
    with served(VertexServer(tmp_path)) as running:
        monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(running.credentials))
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(running.certificate))
        yield running


def run_settings(endpoint: str, **vertex: str) -> RunSettings:
    vertex = {"project": "shop", "region": "europe-west4", "api_endpoint": endpoint, **vertex}
    return validate(
        RunSettings,
        {
            "name": "shop",
            "data": {"dir": "gs://b/data"},
            "platform": {"image": "example/vitrine:1", "root": "gs://b/root", "vertex": vertex},
        },
        "shop.yaml",
    )


def test_a_run_is_started_with_its_labels_root_and_account(server: VertexServer) -> None:
    lines: list[str] = []
    settings = run_settings(
        server.endpoint, service_account="runner@shop.example", network="projects/1/global/networks/n"
    )
    submitted = submit(compiled(team="search"), settings, "", False, lines.append)
    ((name, job),) = server.jobs.items()
    assert submitted.id == name
    assert name == "projects/shop/locations/europe-west4/pipelineJobs/1"
    assert (submitted.state, submitted.scheduled) == ("pending", False)
    assert submitted.link.endswith(f"/locations/europe-west4/pipelines/runs/{name.rpartition('/')[2]}?project=shop")
    assert lines == [f"started {submitted.link}"]
    assert (job["displayName"], job["labels"]["team"]) == ("shop", "search")
    assert job["runtimeConfig"]["gcsOutputDirectory"] == "gs://b/root"
    assert job["runtimeConfig"]["parameterValues"] == {"data-dir": "gs://b/data"}
    assert job["pipelineSpec"] == SPEC
    assert (job["serviceAccount"], job["network"]) == ("runner@shop.example", "projects/1/global/networks/n")


def test_runs_started_at_the_same_time_are_two(server: VertexServer) -> None:
    submitted = [submit(compiled(), run_settings(server.endpoint), "", False, print) for _ in range(2)]
    assert {job.id for job in submitted} == server.jobs.keys()
    assert len(server.jobs) == 2


def test_a_run_is_followed_to_its_end(server: VertexServer) -> None:
    lines: list[str] = []
    assert submit(compiled(), run_settings(server.endpoint), "", True, lines.append).state == "succeeded"
    assert lines[1:] == ["pending", "running", "succeeded"]


def test_a_run_that_fails_says_why_and_where_to_look(server: VertexServer) -> None:
    server.states = ["RUNNING", "FAILED"]
    with pytest.raises(PlatformError, match=r"^the run failed: The DAG failed because of Evaluator\.; see http"):
        submit(compiled(), run_settings(server.endpoint), "", True, print)


def test_a_schedule_replaces_the_earlier_one(server: VertexServer) -> None:
    first = submit(compiled(), run_settings(server.endpoint), "0 3 * * *", False, print)
    second = submit(compiled(), run_settings(server.endpoint), "TZ=Europe/Rome 30 4 * * 1", False, print)
    assert first.scheduled
    assert second.id != first.id
    (schedule,) = server.schedules.values()
    assert schedule["name"] == second.id
    assert schedule["cron"] == "TZ=Europe/Rome 30 4 * * 1"
    assert schedule["createPipelineJobRequest"]["pipelineJob"]["pipelineSpec"] == SPEC
    assert server.jobs == {}


@pytest.mark.parametrize(
    ("refusal", "message"),
    [
        ((403, "PERMISSION_DENIED", "no aiplatform.pipelineJobs.create"), "the account needs the role Vertex AI User"),
        ((404, "NOT_FOUND", "no such project"), "404: no such project; check platform.vertex.project and region"),
        ((429, "RESOURCE_EXHAUSTED", "custom_model_training_cpus"), "custom_model_training_cpus; a quota is used up"),
    ],
    ids=lambda value: str(value[0]) if isinstance(value, tuple) else "",
)
def test_a_refusal_is_one_line_that_says_what_to_do(
    server: VertexServer, refusal: tuple[int, str, str], message: str
) -> None:
    server.refusal = refusal
    with pytest.raises(PlatformError) as caught:
        submit(compiled(), run_settings(server.endpoint), "", False, print)
    assert str(caught.value).startswith("Vertex, shop in europe-west4: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_credentials_say_how_to_log_in(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)
    with pytest.raises(PlatformError, match=r"^no credentials of Google Cloud: run `gcloud auth application-default"):
        submit(compiled(), run_settings("localhost:1"), "", False, print)


def test_an_unreachable_server_is_one_line(server: VertexServer) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = f"localhost:{unused.getsockname()[1]}"
    with pytest.raises(PlatformError, match=r"^Vertex, shop in europe-west4: cannot be reached: "):
        submit(compiled(), run_settings(endpoint), "", False, print)


def test_the_project_is_required() -> None:
    with pytest.raises(ConfigError, match=r"^platform\.vertex\.project: missing"):
        submit(compiled(), run_settings("localhost:1", project=""), "", False, print)
