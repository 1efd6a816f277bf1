import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.waiting import HANG_SECONDS, wait_until
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import Counts, EventLog
from vitrine.events.mlflow_sink import MAX_WAITING_INTERVALS, MlflowSettings, MlflowSink, SentCounts, summary


def search(latency: float = 10.0, total: int = 2, junk: bool = False, scores: tuple[float, ...] = (0.5,)):
    return SearchEvent(time=1.0, request_id="r", latency_ms=latency, total=total, junk=junk, scores=scores)


@pytest.fixture(scope="module")
def uri(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A database-backed store, made once: its tables take seconds."""
    return f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/new/mlflow.db"


@pytest.fixture
def silent_port():
    """A port whose server accepts and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_summary_is_made_of_all_searches() -> None:
    searches = [search(latency=float(ms)) for ms in range(1, 101)]
    searches[0] = search(1.0, total=0, scores=())
    searches[1] = search(2.0, junk=True, scores=(1.0, 0.1))
    assert summary(searches) == pytest.approx(
        {
            "queries": 100, "junk_share": 0.01, "zero_result_share": 0.01, "latency_p50_ms": 50.5,
            "latency_p95_ms": 95.05, "latency_p99_ms": 99.01, "top_score_mean": (98 * 0.5 + 1) / 99,
        }
    )  # fmt: skip


def test_without_results_there_is_no_mean_score() -> None:
    assert "top_score_mean" not in summary([search(scores=())])


def test_each_interval_becomes_one_step_of_a_run(uri: str, tmp_path: Path) -> None:
    from mlflow.tracking import MlflowClient

    sink = MlflowSink(MlflowSettings(tracking_uri=uri, experiment="shop", run="gateway", seconds=0.2))
    with EventLog(tmp_path / "events", seconds=0.05, sinks=[sink]) as log:
        log.put(search())
        log.put(search(total=0))
        log.put(FeedbackEvent(time=1.0, request_id="r", product_id="p"))
        wait_until(lambda: sink.counts.sent == 1)
        log.put(search())
        wait_until(lambda: sink.counts.sent == 2)
    client = MlflowClient(uri)
    experiment = client.get_experiment_by_name("shop")
    (run,) = client.search_runs([experiment.experiment_id])
    assert run.info.run_name == "gateway"
    assert run.info.status == "FINISHED"
    history = client.get_metric_history(run.info.run_id, "queries")
    assert [(metric.step, metric.value) for metric in history] == [(1, 2.0), (2, 1.0)]
    assert client.get_metric_history(run.info.run_id, "zero_result_share")[0].value == 0.5


def test_closing_sends_the_last_interval(uri: str) -> None:
    sink = MlflowSink(MlflowSettings(tracking_uri=uri, seconds=3600))
    sink.add([search()])
    sink.close(60)
    assert sink.counts == SentCounts(sent=1)


def test_a_server_that_never_answers_slows_nothing(tmp_path: Path, silent_port: int) -> None:
    sink = MlflowSink(MlflowSettings(tracking_uri=f"http://127.0.0.1:{silent_port}", seconds=0.05))
    log = EventLog(tmp_path, batch=1, sinks=[sink])
    log.put(search())
    time.sleep(0.2)  # the sink is sending by now
    started = time.monotonic()
    for _ in range(200):
        log.put(search())
    assert log.flush(HANG_SECONDS)
    assert time.monotonic() - started < HANG_SECONDS
    assert log.counts == Counts(written=201)
    sink.close(0)  # the log's own closing would wait its ten seconds
    assert sink.counts.sent == 0


def test_a_refused_connection_is_counted_and_tried_again_later(caplog: pytest.LogCaptureFixture) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    sink = MlflowSink(MlflowSettings(tracking_uri=f"http://127.0.0.1:{port}", seconds=0.05))
    sink.add([search()])
    wait_until(lambda: sink.counts.failures >= 2)
    sink.close(30)
    assert sink.counts.sent == 0
    warnings = [record.message for record in caplog.records if f":{port}/" in record.message]
    assert len(warnings) == 1
    assert warnings[0].startswith("MLflow does not take the summary of searches: ")


def test_intervals_that_wait_have_a_bound(uri: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitrine.events.mlflow_sink.MAX_SEARCHES", 2)
    sink = MlflowSink(MlflowSettings(tracking_uri=uri, seconds=3600))
    for _ in range(MAX_WAITING_INTERVALS + 3):
        sink.add([search(), search()])
    sink.close(60)
    assert sink.counts == SentCounts(sent=MAX_WAITING_INTERVALS, lost=3)


def test_mlflow_is_not_imported_before_there_is_a_sink() -> None:
    code = "import sys, vitrine.events.log, vitrine.events.mlflow_sink; print('mlflow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
