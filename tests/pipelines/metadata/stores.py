"""Metadata stores as TFX's orchestrator leaves them."""

import time
from pathlib import Path

import ml_metadata as mlmd
from ml_metadata.proto import metadata_store_pb2 as proto


class Metadata:
    """A metadata store filled as TFX's orchestrator fills it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        connection = proto.ConnectionConfig(sqlite=proto.SqliteMetadataSourceConfig(filename_uri=str(path)))
        connection.sqlite.connection_mode = proto.SqliteMetadataSourceConfig.READWRITE_OPENCREATE
        self.store = mlmd.MetadataStore(connection)
        self.types = {
            name: self.store.put_context_type(proto.ContextType(name=name))
            for name in ("pipeline", "pipeline_run", "node")
        }
        self.execution_type = self.store.put_execution_type(proto.ExecutionType(name="Trainer"))
        model = proto.ArtifactType(name="Model", properties={"count": proto.INT})
        self.artifact_type = self.store.put_artifact_type(model)
        self.pushed_type = self.store.put_artifact_type(proto.ArtifactType(name="PushedModel"))

    def context(self, kind: str, name: str) -> proto.Context:
        context = self.store.get_context_by_type_and_name(kind, name)
        if context is None:
            (number,) = self.store.put_contexts([proto.Context(type_id=self.types[kind], name=name)])
            (context,) = self.store.get_contexts_by_id([number])
        return context

    def execute(
        self,
        run: str,
        node: str,
        state: int,
        seconds: float = 0.0,
        inputs: dict[str, proto.Artifact] | None = None,
        settings: dict[str, str] | None = None,
        **outputs: proto.Artifact,
    ) -> None:
        """Record an execution of `node`. New outputs get their ids."""
        contexts = [
            self.context("pipeline", "shop"),
            self.context("pipeline_run", run),
            self.context("node", f"shop.{node}"),
        ]
        execution = proto.Execution(type_id=self.execution_type, last_known_state=proto.Execution.RUNNING)
        for name, value in (settings or {}).items():
            execution.custom_properties[name].string_value = value
        input_events = [(artifact, event(proto.Event.INPUT, key)) for key, artifact in (inputs or {}).items()]
        execution.id, _, _ = self.store.put_execution(execution, input_events, contexts)
        time.sleep(seconds)
        (execution,) = self.store.get_executions_by_id([execution.id])
        execution.last_known_state = state
        output_events = [(artifact, event(proto.Event.OUTPUT, key)) for key, artifact in outputs.items()]
        _, numbers, _ = self.store.put_execution(execution, output_events, contexts)
        for artifact, number in zip(outputs.values(), numbers, strict=True):
            artifact.id = number

    def push(self, run: str, version: str, baseline: proto.Artifact | None = None) -> dict[str, proto.Artifact]:
        """Record a short run with a push: data, encoder, vectors, classifier, search model and its evaluation."""
        names = ("examples", "encoder", "vectors", "classifier", "search", "blessing")
        artifacts = {name: self.model(f"/artifacts/{name}/{version}") for name in names}
        artifacts["examples"].custom_properties["input_fingerprint"].string_value = f"num_files:1,version:{version}"
        artifacts["examples"].custom_properties["split_names"].string_value = '["train"]'
        done = proto.Execution.COMPLETE
        data = {"input_base": "/data/judgements"}
        self.execute(run, "ExampleGen", done, settings=data, examples=artifacts["examples"])
        custom = {"code": "c11f", "custom_config": '{"encoder": {"kind": "clip", "source": "scratch"}}'}
        self.execute(
            run,
            "ClipTrainer",
            done,
            inputs={"examples": artifacts["examples"]},
            settings=custom,
            model=artifacts["encoder"],
        )
        inputs = {"judgements": artifacts["examples"], "encoder": artifacts["encoder"]}
        properties = {"code": "e3be", "modules": '{"vitrine.labels": "1a"}'}
        properties |= {"settings": '{"precision": "float32", "empty": {}}'}
        self.execute(
            run, "EmbeddingGen", done, inputs=inputs, settings=properties, product_embeddings=artifacts["vectors"]
        )
        lineage = {"code": "7a1e", "custom_config": '{"epochs": 80}'}
        self.execute(
            run,
            "Trainer",
            done,
            inputs={"examples": artifacts["vectors"]},
            settings=lineage,
            model=artifacts["classifier"],
        )
        inputs = {name: artifacts[name] for name in ("encoder", "classifier")} | {
            "product_embeddings": artifacts["vectors"]
        }
        self.execute(run, "SearchModelGen", done, inputs=inputs, model=artifacts["search"])
        evaluated = {"model": artifacts["search"]} | ({"baseline_model": baseline} if baseline else {})
        self.execute(run, "RetrievalEvaluator", done, inputs=evaluated, blessing=artifacts["blessing"])
        artifacts["pushed"] = self.pushed(f"/serving/product_search/{version}")
        inputs = {"model": artifacts["search"], "model_blessing": artifacts["blessing"]}
        self.execute(run, "Pusher-product-search", done, inputs=inputs, pushed_model=artifacts["pushed"])
        return artifacts

    def model(self, uri: str) -> proto.Artifact:
        artifact = proto.Artifact(type_id=self.artifact_type, uri=uri)
        artifact.properties["count"].int_value = 60
        artifact.custom_properties["fingerprint"].string_value = "abc"
        artifact.custom_properties["share"].double_value = 0.5
        return artifact

    def pushed(self, destination: str) -> proto.Artifact:
        artifact = proto.Artifact(type_id=self.pushed_type)
        artifact.custom_properties["pushed"].int_value = 1
        artifact.custom_properties["pushed_destination"].string_value = destination
        artifact.custom_properties["pushed_version"].string_value = Path(destination).name
        return artifact


def event(kind: int, key: str) -> proto.Event:
    message = proto.Event(type=kind)
    message.path.steps.add().key = key
    message.path.steps.add().index = 0
    return message
