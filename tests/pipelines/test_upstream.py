from pathlib import Path

import pytest
from ml_metadata.proto import metadata_store_pb2 as proto

from pipelines.upstream import Lineage, find_push, trace
from tests.pipelines.metadata import Metadata
from vitrine.errors import DataError


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
        "pushed": "Pusher.product_search",
    }
    embedding = next(one for one in found.executions.values() if one.node == "EmbeddingGen")
    assert embedding.inputs == {"encoder": [made["encoder"].id], "judgements": [made["examples"].id]}
    assert embedding.settings == {"settings": {"code": "e3be", "precision": "float32", "empty": {}}}
    assert found.artifacts[made["vectors"].id].properties == {"count": 60, "fingerprint": "abc", "share": 0.5}


def test_code_stamps_are_found_wherever_a_node_keeps_its_own(metadata: Metadata) -> None:
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
    for node, name in (("ExampleGen", "examples"), ("ClipTrainer", "encoder"), ("Pusher.product_search", "pushed")):
        metadata.execute("run-2", node, proto.Execution.CACHED, output=made[name])
    assert lineage(metadata) == before
    assert {execution.state for execution in before.executions.values()} == {"done"}


def test_a_version_that_was_deleted_and_pushed_again_is_the_newer_push(metadata: Metadata) -> None:
    metadata.push("run-1", "7")
    again = metadata.push("run-2", "7")
    assert lineage(metadata).pushed.id == again["pushed"].id


def test_a_version_that_was_refused_is_not_pushed(metadata: Metadata) -> None:
    refused = metadata.pushed("/serving/product_search/7")
    refused.custom_properties["pushed"].int_value = 0
    metadata.execute("run-1", "Pusher.product_search", proto.Execution.COMPLETE, pushed_model=refused)
    with pytest.raises(DataError, match=r"no version 7 of product_search was pushed; pushed were none"):
        lineage(metadata)


def test_an_unknown_version_or_model_names_those_that_are_known(metadata: Metadata) -> None:
    metadata.push("run-1", "6")
    metadata.push("run-2", "7")
    run = metadata.path.parent
    with pytest.raises(DataError) as raised:
        find_push(run, "product_search", "8")
    assert str(raised.value) == (
        f"{run}: no version 8 of product_search was pushed; pushed were {run}: product_search 6, 7"
    )
    with pytest.raises(DataError, match=r"no version 7 of lamps was pushed; pushed were .*: product_search 6, 7"):
        find_push(run, "lamps", "7")


def test_a_version_is_found_among_many_runs(tmp_path: Path) -> None:
    for name, versions in (("a", "12"), ("b", "23")):
        (tmp_path / name).mkdir()
        for version in versions:
            Metadata(tmp_path / name / "metadata.db").push(f"run-{version}", version)
    places, _ = find_push(tmp_path, "product_search", "3")
    assert places.output == tmp_path / "b"
    with pytest.raises(DataError, match=r"several runs pushed version 2 of product_search: \S+/a, \S+/b; choose with "):
        find_push(tmp_path, "product_search", "2")
    with pytest.raises(DataError, match="no run there; `vitrine run` makes one"):
        find_push(tmp_path / "none", "product_search", "3")
