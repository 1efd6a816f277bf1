import time
from pathlib import Path

import ml_metadata as mlmd
import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.lineage import follow_move, latest_run


class Metadata:
    """A metadata store filled as TFX's orchestrator fills it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        config = proto.ConnectionConfig(sqlite=proto.SqliteMetadataSourceConfig(filename_uri=str(path)))
        config.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = mlmd.MetadataStore(config)
        self.types = {
            name: self.store.put_context_type(proto.ContextType(name=name)) for name in ("pipeline_run", "node")
        }
        self.execution_type = self.store.put_execution_type(proto.ExecutionType(name="Trainer"))
        model = proto.ArtifactType(name="Model", properties={"count": proto.INT})
        self.artifact_type = self.store.put_artifact_type(model)

    def context(self, kind: str, name: str) -> proto.Context:
        found = self.store.get_context_by_type_and_name(kind, name)
        if found is None:
            (number,) = self.store.put_contexts([proto.Context(type_id=self.types[kind], name=name)])
            (found,) = self.store.get_contexts_by_id([number])
        return found

    def execute(self, run: str, node: str, state: int, seconds: float = 0.0, **outputs: proto.Artifact) -> None:
        contexts = [self.context("pipeline_run", run), self.context("node", f"shop.{node}")]
        execution = proto.Execution(type_id=self.execution_type, last_known_state=proto.Execution.RUNNING)
        execution.id, _, _ = self.store.put_execution(execution, [], contexts)
        time.sleep(seconds)
        (execution,) = self.store.get_executions_by_id([execution.id])
        execution.last_known_state = state
        artifacts = []
        for key, artifact in outputs.items():
            event = proto.Event(type=proto.Event.OUTPUT)
            event.path.steps.add().key = key
            event.path.steps.add().index = 0
            artifacts.append((artifact, event))
        self.store.put_execution(execution, artifacts, contexts)

    def model(self, uri: str) -> proto.Artifact:
        artifact = proto.Artifact(type_id=self.artifact_type, uri=uri)
        artifact.properties["count"].int_value = 60
        artifact.custom_properties["fingerprint"].string_value = "abc"
        artifact.custom_properties["share"].double_value = 0.5
        return artifact


@pytest.fixture
def metadata(tmp_path: Path) -> Metadata:
    return Metadata(tmp_path / "metadata.db")


def test_artifacts_of_a_directory_that_was_moved_are_found_where_they_are(metadata: Metadata, tmp_path: Path) -> None:
    root = tmp_path / "new" / "artifacts"
    (root / "Trainer" / "model" / "1").mkdir(parents=True)
    metadata.execute(
        "run-1", "Trainer", proto.Execution.COMPLETE, model=metadata.model("/old/artifacts/Trainer/model/1")
    )
    metadata.execute("run-1", "Gone", proto.Execution.COMPLETE, model=metadata.model("/old/artifacts/Gone/model/2"))
    assert follow_move(metadata.path, root) == 1
    nodes = latest_run(metadata.path)
    assert nodes["Trainer"].output("model").uri == str(root / "Trainer" / "model" / "1")
    assert nodes["Gone"].output("model").uri == "/old/artifacts/Gone/model/2"
    assert follow_move(metadata.path, root) == 0
    assert follow_move(tmp_path / "none.db", root) == 0


def test_a_store_without_runs_has_no_nodes(metadata: Metadata) -> None:
    assert latest_run(metadata.path) == {}


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
    took = latest_run(metadata.path)["Trainer"].seconds
    assert 0.2 <= took < 1
    (model,) = metadata.store.get_artifacts()
    metadata.execute("run-2", "Trainer", proto.Execution.CACHED, model=model)
    cached = latest_run(metadata.path)["Trainer"]
    assert (cached.state, cached.seconds) == ("cached", took)
