from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.kinds import BLESSED_RUN_NODE
from pipelines.metadata.records import all_runs, find_output, latest_run, newest_run_id
from pipelines.run_directory import RunDirectory
from tests.pipelines.metadata.stores import Metadata
from vitrine.errors import DataError


def test_a_store_without_runs_has_no_nodes(metadata: Metadata) -> None:
    assert latest_run(metadata.path) == {}


def test_the_newest_run_has_its_id(metadata: Metadata, tmp_path: Path) -> None:
    assert newest_run_id(tmp_path / "none.db") is None
    assert newest_run_id(metadata.path) is None
    for run in ("run-1", "run-2"):
        metadata.execute(run, "ClipTrainer", proto.Execution.COMPLETE)
    assert newest_run_id(metadata.path) == "run-2"
    assert [run.run_id for run in all_runs(metadata.path)] == ["run-2", "run-1"]


def test_nodes_come_in_their_order_with_state_and_artifacts(metadata: Metadata) -> None:
    metadata.execute("run-1", "ClipTrainer", proto.Execution.COMPLETE, model=metadata.model("/clip"))
    metadata.execute("run-1", "Pusher-index", proto.Execution.FAILED)
    nodes = latest_run(metadata.path)
    assert [(name, node.name, node.state) for name, node in nodes.items()] == [
        ("ClipTrainer", "ClipTrainer", "done"),
        ("Pusher-index", "Pusher-index", "failed"),
    ]
    model = nodes["ClipTrainer"].output("model")
    assert model is not None
    assert (model.type, model.uri) == ("Model", "/clip")
    assert model.properties == {"count": 60, "fingerprint": "abc", "share": 0.5}
    assert nodes["Pusher-index"].output("pushed_model") is None


@pytest.mark.parametrize(
    ("state", "name"),
    [
        (proto.Execution.COMPLETE, "done"),
        (proto.Execution.CACHED, "cached"),
        (proto.Execution.FAILED, "failed"),
        (proto.Execution.RUNNING, "interrupted"),
        (proto.Execution.CANCELED, "interrupted"),
    ],
)
def test_states_have_plain_names(metadata: Metadata, state: int, name: str) -> None:
    metadata.execute("run-1", "Trainer", state)
    assert latest_run(metadata.path)["Trainer"].state == name


def test_only_the_newest_run_counts(metadata: Metadata) -> None:
    metadata.execute("run-1", "Trainer", proto.Execution.FAILED)
    metadata.execute("run-1", "Evaluator", proto.Execution.COMPLETE)
    metadata.execute("run-2", "Trainer", proto.Execution.CACHED)
    assert {name: node.state for name, node in latest_run(metadata.path).items()} == {"Trainer": "cached"}


def test_a_cached_node_took_as_long_as_when_it_ran(metadata: Metadata) -> None:
    metadata.execute("run-1", "Trainer", proto.Execution.COMPLETE, seconds=0.2, model=metadata.model("/model"))
    seconds = latest_run(metadata.path)["Trainer"].seconds
    assert 0.2 <= seconds < 1
    (model,) = metadata.store.get_artifacts()
    metadata.execute("run-2", "Trainer", proto.Execution.CACHED, model=model)
    cached = latest_run(metadata.path)["Trainer"]
    assert (cached.state, cached.seconds) == ("cached", seconds)


def test_every_run_is_there_the_newest_first_with_its_times(metadata: Metadata) -> None:
    metadata.execute("run-1", "Trainer", proto.Execution.COMPLETE, seconds=0.2, model=metadata.model("/model"))
    metadata.execute("run-2", "Trainer", proto.Execution.FAILED)
    second, first = all_runs(metadata.path)
    assert (first.nodes["Trainer"].state, second.nodes["Trainer"].state) == ("done", "failed")
    assert first.pipeline == second.pipeline == "shop"
    assert 0.2 <= first.ended - first.started < 1
    assert first.ended <= second.started <= second.ended


def test_a_catalogue_run_takes_what_it_does_not_make_from_the_newest_blessed_run(tmp_path: Path) -> None:
    directory = RunDirectory(tmp_path)
    metadata, done = Metadata(directory.metadata), proto.Execution.COMPLETE
    for run, blessed in (("blessed", 1), ("refused", 0)):
        blessing = metadata.model(f"/blessing/{run}")
        blessing.custom_properties["blessed"].int_value = blessed
        metadata.execute(run, "Trainer", done, model=metadata.model(f"/classifier/{run}"))
        metadata.execute(run, "SearchModelGen", done, model=metadata.model(f"/search/{run}"))
        metadata.execute(run, "RetrievalEvaluator", done, blessing=blessing)
    assert find_output(directory, "Trainer", "model").uri == "/classifier/refused"
    metadata.execute("refresh", BLESSED_RUN_NODE, proto.Execution.CACHED)
    metadata.execute("refresh", "SearchModelGen", done, model=metadata.model("/search/refresh"))
    assert find_output(directory, "Trainer", "model").uri == "/classifier/blessed"
    assert find_output(directory, "SearchModelGen", "model").uri == "/search/refresh"
    assert [run.kind for run in all_runs(directory.metadata)] == ["refresh", "run", "run"]


def test_a_file_that_is_not_a_metadata_store_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "metadata.db").write_text("not sqlite")
    with pytest.raises(DataError, match=r"metadata\.db: not a metadata store: "):
        latest_run(tmp_path / "metadata.db")
