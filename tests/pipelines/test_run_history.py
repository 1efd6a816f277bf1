import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.run_directory import exclusive
from pipelines.run_history import Run, list_runs
from tests.pipelines.metadata.stores import Metadata
from vitrine.errors import DataError

DONE, CACHED, FAILED, RUNNING = (
    proto.Execution.COMPLETE,
    proto.Execution.CACHED,
    proto.Execution.FAILED,
    proto.Execution.RUNNING,
)


def only(metadata: Metadata) -> Run:
    (run,) = list_runs(metadata.path.parent)
    return run


def test_a_run_that_pushed_has_its_time_and_version(metadata: Metadata) -> None:
    before = datetime.now(UTC).replace(microsecond=0)
    metadata.push("run-1", "7")
    run = only(metadata)
    assert run.run_id == "run-1"
    assert (run.name, run.status, run.version, run.nodes, run.cached) == ("shop", "pushed", "7", 7, 0)
    assert run.directory == str(metadata.path.parent)
    assert before <= datetime.fromisoformat(run.started) <= datetime.now(UTC)
    assert 0 <= run.seconds <= (datetime.now(UTC) - before).total_seconds()


def test_a_refused_run_pushed_nothing(metadata: Metadata) -> None:
    refused = metadata.pushed("")
    refused.custom_properties["pushed"].int_value = 0
    metadata.execute("run-1", "Pusher-product-search", DONE, pushed_model=refused)
    run = only(metadata)
    assert (run.status, run.version) == ("refused", None)


@pytest.mark.parametrize(("state", "status"), [(FAILED, "failed"), (RUNNING, "interrupted"), (DONE, "interrupted")])
def test_an_unfinished_run_has_its_status(metadata: Metadata, state: int, status: str) -> None:
    metadata.execute("run-1", "ExampleGen", DONE)
    metadata.execute("run-1", "Trainer", state)
    assert only(metadata).status == status


def test_the_newest_run_of_a_directory_that_is_held_is_running(metadata: Metadata) -> None:
    metadata.execute("run-1", "Trainer", RUNNING)
    metadata.execute("run-2", "Trainer", RUNNING)
    with exclusive(metadata.path.parent):
        assert [run.status for run in list_runs(metadata.path.parent)] == ["running", "interrupted"]
    assert [run.status for run in list_runs(metadata.path.parent)] == ["interrupted", "interrupted"]


def test_nodes_from_the_cache_are_counted(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    metadata.execute("run-2", "Trainer", CACHED, model=artifacts["classifier"])
    metadata.execute("run-2", "Pusher-product-search", CACHED, pushed_model=artifacts["pushed"])
    again = list_runs(metadata.path.parent)[0]
    assert (again.status, again.cached, again.nodes) == ("pushed", 2, 2)


def test_metrics_are_those_of_each_run_wherever_the_directory_was_moved_to(metadata: Metadata) -> None:
    estimate = {"value": 0.75, "low": 0.7, "high": 0.8}
    for number in (1, 2):
        uri = metadata.path.parent / "artifacts" / "RetrievalEvaluator" / "evaluation" / str(number)
        uri.mkdir(parents=True)
        scores = {"accuracy": 0.5, "macro_f1": number / 4, "kappa": 0.25}
        ranking = {"search_model": {"ndcg@10": estimate}}
        retrieval = {name: {"ndcg@10": estimate | {"value": 0.5}} for name in ("bm25", "search_model")}
        metrics = {"ranking": ranking, "retrieval": retrieval, "classifier": scores}
        (uri / "metrics.json").write_text(json.dumps(metrics))
        evaluation = metadata.model(f"/old/artifacts/RetrievalEvaluator/evaluation/{number}")
        metadata.execute(f"run-{number}", "RetrievalEvaluator", DONE, evaluation=evaluation)
    newer, older = list_runs(metadata.path.parent)
    searches = {"catalogue_bm25_ndcg@10": 0.5, "catalogue_search_model_ndcg@10": 0.5}
    classes = {"accuracy": 0.5, "macro_f1": 0.5, "kappa": 0.25}
    assert newer.metrics == {"search_model_ndcg@10": 0.75, **searches, **classes}
    assert older.metrics["macro_f1"] == 0.25


def test_deleted_metrics_are_empty(metadata: Metadata) -> None:
    metadata.execute("run-1", "RetrievalEvaluator", DONE, evaluation=metadata.model("/artifacts/gone"))
    assert only(metadata).metrics == {}


def test_a_folder_of_runs_lists_all_of_them_the_newest_first(tmp_path: Path) -> None:
    for folder in ("a", "b", "models"):
        (tmp_path / folder).mkdir()
    for index, folder in enumerate(("b", "a", "b")):
        Metadata(tmp_path / folder / "metadata.db").execute(f"run-{index}", "Trainer", FAILED, seconds=1.0)
    assert [Path(run.directory).name for run in list_runs(tmp_path)] == ["b", "a", "b"]


def test_without_a_run_the_message_says_what_makes_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no run there; `vitrine run` makes one, in runs/ unless --output says other"):
        list_runs(tmp_path)
