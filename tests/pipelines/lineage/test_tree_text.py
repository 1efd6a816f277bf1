from ml_metadata.proto import metadata_store_pb2 as proto
from rich.console import Console

from pipelines.kinds import BLESSED_RUN_NODE
from pipelines.lineage.tree_text import as_tree, summary_lines
from pipelines.lineage.upstream import trace
from tests.pipelines.metadata.stores import Metadata


def printed(metadata: Metadata, push: int) -> list[str]:
    console = Console(width=300)
    with console.capture() as captured:
        console.print(as_tree(trace(metadata.path, push, "product_search", "7")))
    return captured.get().splitlines()


def test_the_tree_goes_from_the_version_to_the_data(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    lines = printed(metadata, artifacts["pushed"].id)
    assert lines[0] == "product_search 7"
    order = [line.split("from ", 1)[1].split(" #")[0] for line in lines if "from " in line]
    assert order[:3] == ["Pusher-product-search", "SearchModelGen", "Trainer"]
    assert any("Model #" in line and "count=60 fingerprint=abc share=0.5" in line for line in lines)
    assert any(
        "from ClipTrainer" in line and ", code c11f  encoder.kind=clip encoder.source=scratch" in line for line in lines
    )


def test_repeated_nodes_are_expanded_once(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    lines = printed(metadata, artifacts["pushed"].id)
    assert sum("from EmbeddingGen" in line for line in lines) == 1
    assert sum(f"Model #{artifacts['vectors'].id}, see above" in line for line in lines) == 1


def test_long_settings_are_cut(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    (trainer,) = [execution for execution in metadata.store.get_executions() if "epochs" in str(execution)]
    trainer.custom_properties["custom_config"].string_value = f'{{"note": "{"long " * 50}"}}'
    metadata.store.put_executions([trainer])
    assert any(line.endswith("… (--json has all)") for line in printed(metadata, artifacts["pushed"].id))


def test_a_setting_of_several_lines_is_shown_in_one(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    (trainer,) = [execution for execution in metadata.store.get_executions() if "epochs" in str(execution)]
    trainer.custom_properties["contract"].string_value = 'feature {\n  name: "query"\n}'
    metadata.store.put_executions([trainer])
    assert any('contract=feature { name: "query" }' in line for line in printed(metadata, artifacts["pushed"].id))


def test_the_summary_has_a_line_for_each_fact(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    lines = summary_lines(trace(metadata.path, artifacts["pushed"].id, "product_search", "7"))
    assert [name for name, _ in lines] == ["pushed", "data", "encoder", "classifier", *["vectors"] * 5, "code"]
    facts = dict(lines)
    assert facts["data"] == "/data/judgements: num_files:1,version:7"
    assert facts["encoder"] == "clip scratch (ClipTrainer)"
    assert facts["classifier"].startswith("Trainer #")
    assert facts["pushed"].endswith(" to /serving/product_search/7 by the run run-1")
    assert facts["code"] == "ClipTrainer c11f, EmbeddingGen e3be, Trainer 7a1e"


def test_both_encoders_of_a_tuning_are_named(metadata: Metadata) -> None:
    artifacts = metadata.push("run-1", "7")
    encoder = artifacts["encoder"]
    encoder.custom_properties["original"].string_value = "5f3a"
    encoder.custom_properties["goes_on"].string_value = "tuned"
    metadata.store.put_artifacts([encoder])
    lines = dict(summary_lines(trace(metadata.path, artifacts["pushed"].id, "product_search", "7")))
    assert lines["encoder"] == "clip scratch (ClipTrainer), tuned from 5f3a; the tuned one is used"


def test_a_version_of_a_catalogue_run_is_marked_as_such(metadata: Metadata) -> None:
    metadata.execute("run-1", BLESSED_RUN_NODE, proto.Execution.CACHED)
    artifacts = metadata.push("run-1", "7")
    (_, pushed), *_ = summary_lines(trace(metadata.path, artifacts["pushed"].id, "product_search", "7"))
    assert pushed.endswith(" to /serving/product_search/7 by the catalogue run run-1")
