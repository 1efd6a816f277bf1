from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.lineage.upstream import Lineage, trace
from pipelines.metadata.pushes import find_push
from tests.pipelines.metadata.stores import Metadata


def lineage(metadata: Metadata, version: str = "7") -> Lineage:
    places, push = find_push(metadata.path.parent, "product_search", version)
    return trace(places.metadata, push, "product_search", version)


def test_everything_upstream_is_there_with_what_made_it(metadata: Metadata) -> None:
    made = metadata.push("run-1", "7")
    found = lineage(metadata)
    assert {artifact.id for artifact in found.artifacts.values()} == {artifact.id for artifact in made.values()}
    makers = {name: found.executions[found.artifacts[artifact.id].maker].node for name, artifact in made.items()}
    assert makers == {
        "examples": "ExampleGen",
        "encoder": "ClipTrainer",
        "vectors": "EmbeddingGen",
        "classifier": "Trainer",
        "search": "SearchModelGen",
        "blessing": "RetrievalEvaluator",
        "pushed": "Pusher-product-search",
    }
    embedding = next(one for one in found.executions.values() if one.node == "EmbeddingGen")
    assert embedding.inputs == {"encoder": [made["encoder"].id], "judgements": [made["examples"].id]}
    assert embedding.settings == {
        "code": "e3be",
        "modules": {"vitrine.labels": "1a"},
        "settings": {"precision": "float32", "empty": {}},
    }
    assert found.artifacts[made["vectors"].id].properties == {"count": 60, "fingerprint": "abc", "share": 0.5}


def test_the_code_of_each_node_is_known_by_its_stamp(metadata: Metadata) -> None:
    metadata.push("run-1", "7")
    stamps = {one.node: one.code for one in lineage(metadata).executions.values()}
    assert {node: stamp for node, stamp in stamps.items() if stamp} == {
        "ClipTrainer": "c11f",
        "EmbeddingGen": "e3be",
        "Trainer": "7a1e",
    }


def test_what_only_judged_the_model_did_not_make_it(metadata: Metadata) -> None:
    baseline = metadata.push("run-1", "6")["search"]
    metadata.push("run-2", "7", baseline)
    found = lineage(metadata)
    assert len(found.executions) == 12
    assert [execution.node for execution in found.makers()] == [
        "ExampleGen",
        "ClipTrainer",
        "EmbeddingGen",
        "Trainer",
        "SearchModelGen",
    ]
    assert {id_ for one in found.makers() for ids in one.inputs.values() for id_ in ids}.isdisjoint({baseline.id})


def test_what_came_from_the_cache_is_traced_to_what_made_it(metadata: Metadata) -> None:
    metadata.execute("run-0", "Trainer", proto.Execution.FAILED)
    made = metadata.push("run-1", "7")
    before = lineage(metadata)
    for node, name in (("ExampleGen", "examples"), ("ClipTrainer", "encoder"), ("Pusher-product-search", "pushed")):
        metadata.execute("run-2", node, proto.Execution.CACHED, output=made[name])
    assert lineage(metadata) == before
    assert {execution.state for execution in before.executions.values()} == {"done"}
