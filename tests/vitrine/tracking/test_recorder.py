import logging
import socket
import time
from pathlib import Path

import pytest

from tests.waiting import HANG_SECONDS
from vitrine.tracking.recorder import Recorder, open_recorder
from vitrine.tracking.settings import TrackingSettings


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> TrackingSettings:
    """A database-backed store, created once because its tables take seconds."""
    return TrackingSettings(tracking_uri=f"sqlite:///{tmp_path_factory.mktemp('mlflow')}/new/mlflow.db")


def _client(store: TrackingSettings):
    from mlflow.tracking import MlflowClient

    return MlflowClient(store.tracking_uri)


def test_a_run_holds_all_that_was_recorded(store: TrackingSettings, tmp_path: Path) -> None:
    (tmp_path / "model" / "variables").mkdir(parents=True)
    (tmp_path / "model" / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "metrics.json").write_text("{}")
    recorder = open_recorder(store, "pair", {"tfx.model": "/models/7"}, tmp_path)
    recorder.parameters({"epochs": 3, "loss": "focal"})
    for epoch, loss in enumerate([0.9, 0.5]):
        recorder.epoch(epoch, {"val_loss": loss})
    recorder.metrics({"macro_f1": 0.5})
    recorder.files(tmp_path / "model", "model")
    recorder.files(tmp_path / "metrics.json")
    recorder.close()

    client = _client(store)
    run = client.get_run(recorder.run_id)
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "pair"
    assert run.data.params == {"epochs": "3", "loss": "focal"}
    assert run.data.tags["tfx.model"] == "/models/7"
    assert run.data.metrics["macro_f1"] == 0.5
    history = client.get_metric_history(recorder.run_id, "epoch_val_loss")
    assert [(metric.step, metric.value) for metric in history] == [(0, 0.9), (1, 0.5)]
    assert {file.path for file in client.list_artifacts(recorder.run_id)} == {"model", "metrics.json"}
    assert "model/saved_model.pb" in {file.path for file in client.list_artifacts(recorder.run_id, "model")}


def test_each_registration_is_a_version_of_a_registered_model(store: TrackingSettings, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").write_text("{}")
    runs = []
    for description in ("first", "second"):
        recorder = open_recorder(store, "encoder", {}, tmp_path)
        recorder.files(tmp_path / "model", "model")
        recorder.register("model", "shop-encoder", description)
        recorder.close()
        runs.append(recorder.run_id)
    versions = sorted(_client(store).search_model_versions("name='shop-encoder'"), key=lambda each: int(each.version))
    assert [(version.description, version.run_id) for version in versions] == list(
        zip(["first", "second"], runs, strict=True)
    )
    assert Path(versions[0].source.removeprefix("file://"), "config.json").read_text() == "{}"


def test_artifacts_lie_beside_a_local_store(store: TrackingSettings, tmp_path: Path) -> None:
    recorder = open_recorder(store, "pair", {}, tmp_path)
    recorder.close()
    beside = Path(store.tracking_uri.removeprefix("sqlite:///")).parent / "mlartifacts"
    assert _client(store).get_run(recorder.run_id).info.artifact_uri.startswith(beside.as_uri())


def test_a_failed_training_is_marked(store: TrackingSettings, tmp_path: Path) -> None:
    recorder = open_recorder(store, "pair", {}, tmp_path)
    recorder.close(failed=True)
    assert _client(store).get_run(recorder.run_id).info.status == "FAILED"


def test_an_unreachable_server_costs_one_warning_and_seconds(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    started = time.monotonic()
    with caplog.at_level(logging.WARNING, "vitrine"):
        recorder = open_recorder(TrackingSettings(tracking_uri=f"http://127.0.0.1:{port}"), "pair", {}, tmp_path)
        recorder.metrics({"loss": 1.0})
        recorder.files(tmp_path)
        recorder.close()
    assert time.monotonic() - started < HANG_SECONDS
    assert [record.levelname for record in caplog.records] == ["WARNING"]
    assert "the training goes on" in caplog.text or "which goes on" in caplog.text


def test_a_store_that_fails_later_is_left_alone(
    store: TrackingSettings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recorder = open_recorder(store, "pair", {}, tmp_path)
    with caplog.at_level(logging.WARNING, "vitrine"):
        recorder.files(tmp_path / "missing")
        recorder.metrics({"loss": 1.0})
        recorder.close()
    assert len(caplog.records) == 1


def test_nothing_is_recorded_when_tracking_is_off(tmp_path: Path) -> None:
    recorder = open_recorder(TrackingSettings(enabled=False), "pair", {}, tmp_path)
    recorder.parameters({"epochs": 3})
    recorder.close()
    assert recorder.run_id == ""
    assert list(tmp_path.iterdir()) == []


def test_an_inert_recorder_accepts_everything(tmp_path: Path) -> None:
    recorder = Recorder()
    recorder.epoch(0, {"loss": 1.0})
    recorder.files(tmp_path)
    recorder.close(failed=True)
