import json

from pipelines.lineage.summary import as_json, summary
from pipelines.lineage.upstream import trace
from tests.pipelines.metadata.stores import Metadata


def test_the_data_the_encoder_the_vectors_and_the_code_are_named(metadata: Metadata) -> None:
    baseline = metadata.push("run-1", "6")["search"]
    artifacts = metadata.push("run-2", "7", baseline)
    fields = summary(trace(metadata.path, artifacts["pushed"].id, "product_search", "7"))
    assert fields["pushed"]["to"] == "/serving/product_search/7"
    assert fields["pushed"]["run_id"] == "run-2"
    assert fields["data"] == [
        {
            "node": "ExampleGen",
            "folder": "/data/judgements",
            "splits": ["train"],
            "span": None,
            "spans": [],
            "fingerprint": "num_files:1,version:7",
        }
    ]
    assert fields["encoder"] == {
        "node": "ClipTrainer",
        "artifact": artifacts["encoder"].id,
        "kind": "clip",
        "source": "scratch",
    }
    assert {"node": "EmbeddingGen", "artifact": artifacts["vectors"].id, "fingerprint": "abc", "count": 60} in fields[
        "vectors"
    ]
    assert fields["code"] == {"ClipTrainer": "c11f", "EmbeddingGen": "e3be", "Trainer": "7a1e"}


def test_programs_get_all_of_it_with_ids_that_refer_to_each_other(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    document = json.loads(json.dumps(as_json(trace(metadata.path, artifacts["pushed"].id, "product_search", "7"))))
    executions = {execution["id"]: execution for execution in document["executions"]}
    by_id = {artifact["id"]: artifact for artifact in document["artifacts"]}
    assert len(executions) == len(by_id) == 7
    for artifact in by_id.values():
        assert artifact["id"] in executions[artifact["made_by"]]["outputs"]
    used = {number for execution in executions.values() for ids in execution["inputs"].values() for number in ids}
    assert used == by_id.keys() - {artifacts["pushed"].id}
    assert executions[by_id[artifacts["encoder"].id]["made_by"]]["settings"]["code"] == "c11f"
