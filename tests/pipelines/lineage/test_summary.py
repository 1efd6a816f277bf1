import json

from pipelines.lineage.summary import as_json, summary
from pipelines.lineage.upstream import trace
from tests.pipelines.metadata.stores import Metadata


def test_the_data_the_encoder_the_vectors_and_the_code_are_named(metadata: Metadata) -> None:
    baseline = metadata.push("run-1", "6")["search"]
    made = metadata.push("run-2", "7", baseline)
    found = summary(trace(metadata.path, made["pushed"].id, "product_search", "7"))
    assert found["pushed"]["to"] == "/serving/product_search/7"
    assert found["data"] == [
        {
            "node": "ExampleGen",
            "folder": "/data/judgements",
            "splits": ["train"],
            "span": None,
            "fingerprint": "num_files:1,version:7",
        }
    ]
    assert found["encoder"] == {
        "node": "ClipTrainer",
        "artifact": made["encoder"].id,
        "kind": "clip",
        "source": "scratch",
    }
    assert {"node": "EmbeddingGen", "artifact": made["vectors"].id, "fingerprint": "abc", "count": 60} in found[
        "vectors"
    ]
    assert found["code"] == {"ClipTrainer": "c11f", "EmbeddingGen": "e3be", "Trainer": "7a1e"}


def test_programs_get_all_of_it_with_ids_that_refer_to_each_other(metadata: Metadata) -> None:
    made = metadata.push("run-1", "7")
    found = json.loads(json.dumps(as_json(trace(metadata.path, made["pushed"].id, "product_search", "7"))))
    executions = {one["id"]: one for one in found["executions"]}
    artifacts = {one["id"]: one for one in found["artifacts"]}
    assert len(executions) == len(artifacts) == 7
    for artifact in artifacts.values():
        assert artifact["id"] in executions[artifact["made_by"]]["outputs"]
    used = {number for one in executions.values() for ids in one["inputs"].values() for number in ids}
    assert used == artifacts.keys() - {made["pushed"].id}
    assert executions[artifacts[made["encoder"].id]["made_by"]]["settings"]["code"] == "c11f"
