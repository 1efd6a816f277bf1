from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.lineage.upstream import Lineage, trace
from pipelines.metadata.pushes import find_push
from tests.pipelines.metadata.stores import Metadata


def lineage(metadata: Metadata, version: str = "7") -> Lineage:
    run, push = find_push(metadata.path.parent, "product_search", version)
    return trace(run.metadata, push, "product_search", version)


def test_everything_upstream_is_there_with_its_makers(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    upstream = lineage(metadata)
    assert {artifact.id for artifact in upstream.artifacts.values()} == {artifact.id for artifact in artifacts.values()}
    makers = {
        name: upstream.executions[upstream.artifacts[artifact.id].maker].node for name, artifact in artifacts.items()
    }
    assert makers == {
        "examples": "ExampleGen",
        "encoder": "ClipTrainer",
        "vectors": "EmbeddingGen",
        "classifier": "Trainer",
        "search": "SearchModelGen",
        "blessing": "RetrievalEvaluator",
        "pushed": "Pusher-product-search",
    }
    embedding = next(execution for execution in upstream.executions.values() if execution.node == "EmbeddingGen")
    assert embedding.inputs == {"encoder": [artifacts["encoder"].id], "judgements": [artifacts["examples"].id]}
    assert embedding.settings == {
        "code": "e3be",
        "modules": {"vitrine.labels": "1a"},
        "settings": {"precision": "float32", "empty": {}},
    }
    assert upstream.artifacts[artifacts["vectors"].id].properties == {"count": 60, "fingerprint": "abc", "share": 0.5}


def test_the_code_of_each_node_is_known_by_its_stamp(metadata: Metadata) -> None:
    metadata.push("run-1", "7")
    stamps = {execution.node: execution.code for execution in lineage(metadata).executions.values()}
    assert {node: stamp for node, stamp in stamps.items() if stamp} == {
        "ClipTrainer": "c11f",
        "EmbeddingGen": "e3be",
        "Trainer": "7a1e",
    }


def test_evaluation_and_baseline_are_not_among_the_makers(metadata: Metadata) -> None:
    baseline = metadata.push("run-1", "6")["search"]
    metadata.push("run-2", "7", baseline)
    upstream = lineage(metadata)
    assert len(upstream.executions) == 12
    assert [execution.node for execution in upstream.makers()] == [
        "ExampleGen",
        "ClipTrainer",
        "EmbeddingGen",
        "Trainer",
        "SearchModelGen",
    ]
    inputs = {number for maker in upstream.makers() for ids in maker.inputs.values() for number in ids}
    assert baseline.id not in inputs


def test_cached_executions_are_traced_to_their_makers(metadata: Metadata) -> None:
    metadata.execute("run-0", "Trainer", proto.Execution.FAILED)
    artifacts = metadata.push("run-1", "7")
    before = lineage(metadata)
    for node, name in (("ExampleGen", "examples"), ("ClipTrainer", "encoder"), ("Pusher-product-search", "pushed")):
        metadata.execute("run-2", node, proto.Execution.CACHED, output=artifacts[name])
    assert lineage(metadata) == before
    assert {execution.state for execution in before.executions.values()} == {"done"}
