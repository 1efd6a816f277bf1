from pathlib import Path

import pytest
from mlflow.tracking import MlflowClient

from vitrine.tracking.settings import TrackingSettings
from vitrine.tracking.training import recorded_training


def test_a_training_that_fails_is_recorded_as_failed_with_its_files(tmp_path: Path) -> None:
    uri = f"sqlite:///{tmp_path}/mlflow.db"

    def train() -> None:
        with recorded_training(TrackingSettings(tracking_uri=uri), "encoder", {"a": "b"}, tmp_path / "run") as recorder:
            recorder.metrics({"ndcg@10": 0.5}, 3)
            (tmp_path / "run" / "notes.txt").write_text("before the end")
            raise ValueError("diverged")

    with pytest.raises(ValueError, match="diverged"):
        train()
    client = MlflowClient(uri)
    (run,) = client.search_runs([client.get_experiment_by_name("vitrine").experiment_id])
    assert (run.info.status, run.data.tags["a"]) == ("FAILED", "b")
    assert run.data.metrics["ndcg_at_10"] == 0.5
    assert {"notes.txt", "emissions.csv"} <= {file.path for file in client.list_artifacts(run.info.run_id)}


def test_without_tracking_the_training_goes_on(tmp_path: Path) -> None:
    with recorded_training(TrackingSettings(enabled=False), "encoder", {}, tmp_path / "run") as recorder:
        recorder.metrics({"loss": 1.0})
    assert list((tmp_path / "run").iterdir()) == []
