import csv
import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from modules.trainer import run_fn
from tests.vitrine.encoders.small_encoders import write_transformer
from vitrine.errors import DataError


def test_the_pair_model_beats_the_floor_and_the_query_alone_does_not(trained, metrics) -> None:
    labels = [row["esci_label"] for row in trained.rows["eval"]]
    majority = max(labels.count(label) for label in "ESCI") / len(labels)
    assert metrics["classifier"]["accuracy"] > majority + 0.2
    assert metrics["query_only"]["accuracy"] == pytest.approx(majority, abs=0.08)
    assert metrics["classifier"]["macro_f1"] > metrics["query_only"]["macro_f1"] + 0.2


def test_metrics_have_the_figures_of_the_report(metrics) -> None:
    for model in ("classifier", "query_only"):
        assert {"accuracy", "macro_f1", "kappa"} <= set(metrics[model])
        assert all(np.isfinite(value) for value in metrics[model].values())


def test_emissions_are_in_the_run_and_in_mlflow(trained) -> None:
    text = Path(trained.arguments.model_run_dir, "emissions.csv").read_text(encoding="utf-8")
    (row,) = csv.DictReader(text.splitlines())
    run = _run(trained)
    assert run.data.metrics["emissions_kg"] == pytest.approx(float(row["emissions"]))
    assert run.data.metrics["energy_kwh"] > 0


def test_mlflow_has_the_parameters_the_metrics_and_the_lineage(trained, metrics) -> None:
    run = _run(trained)
    assert run.info.status == "FINISHED"
    assert run.data.params["epochs"] == "30"
    assert run.data.metrics["macro_f1"] == pytest.approx(metrics["classifier"]["macro_f1"])
    assert run.data.metrics["query_only_accuracy"] == pytest.approx(metrics["query_only"]["accuracy"])
    assert run.data.tags["tfx.transform_graph"] == trained.arguments.transform_graph_path
    assert run.data.tags["tfx.transformed_examples"] == str(trained.root / "examples")
    assert run.data.tags["lineage.pipeline_run"] == "r1"


def test_mlflow_keeps_every_epoch_and_the_model(trained) -> None:
    client, run = _client(trained), _run(trained)
    assert len(client.get_metric_history(run.info.run_id, "epoch_val_loss")) > 1
    files = {file.path for file in client.list_artifacts(run.info.run_id, "model")}
    assert "model/saved_model.pb" in files
    assert not list(Path(run.info.artifact_uri.removeprefix("file://")).rglob("*.pkl"))


def test_an_unknown_setting_stops_before_anything_is_read(trained) -> None:
    with pytest.raises(ValueError, match="epoch\n"):
        run_fn(type(trained.arguments)(**{**vars(trained.arguments), "custom_config": {"epoch": 1}}))


def test_a_cross_encoder_teaches_besides_the_judgements(trained, reference, tmp_path) -> None:
    source = write_transformer(reference, "bert", tmp_path, kind="ForSequenceClassification", num_labels=1)
    config = trained.arguments.custom_config | {"epochs": 3, "query_only_baseline": False}
    fields = vars(trained.arguments) | {
        "serving_model_dir": str(tmp_path / "model"),
        "model_run_dir": str(tmp_path / "run" / "1"),
        "custom_config": config | {"teacher": {"source": str(source), "max_tokens": 16}},
    }
    run_fn(SimpleNamespace(**fields))
    metrics = json.loads((tmp_path / "run" / "1" / "metrics.json").read_text(encoding="utf-8"))
    assert all(np.isfinite(value) for value in metrics["classifier"].values())
    fields["custom_config"] = config | {"teacher": {"source": str(source), "fields": ["brand"]}}
    with pytest.raises(DataError, match=r"trainer\.teacher\.fields: the catalogue has no column brand"):
        run_fn(SimpleNamespace(**fields))


def _client(trained):
    from mlflow.tracking import MlflowClient

    return MlflowClient(f"sqlite:///{Path(trained.arguments.model_run_dir).parent}/mlflow.db")


def _run(trained):
    client = _client(trained)
    experiment = client.get_experiment_by_name("vitrine")
    (run,) = client.search_runs([experiment.experiment_id])
    return run
