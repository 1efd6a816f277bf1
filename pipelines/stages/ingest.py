"""The first stage: reads the files and validates them against their contracts."""

from dataclasses import dataclass
from pathlib import Path

import tensorflow_data_validation as tfdv
from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.data_types import RuntimeParameter
from tfx.types import BaseChannel

import modules
from components.anomaly_gate import AnomalyGate
from components.contract_schema import ContractSchema
from components.csv_example_gen import CsvExampleGen
from modules.clip_trainer import PRODUCTS_SPLIT
from vitrine.data.columns import SPLITS

SCHEMAS = Path(modules.__file__).parent / "schemas"


@dataclass(frozen=True)
class Ingested:
    """Examples and schema of judgements and catalogue, and the node that approves them."""

    judgements: BaseChannel
    schema: BaseChannel
    catalogue: BaseChannel
    catalogue_schema: BaseChannel
    gate: BaseNode
    nodes: tuple[BaseNode, ...]


def ingest(data: str | RuntimeParameter) -> Ingested:
    """Read and validate judgements and catalogue; the gate stops the run on anomalies, before anything expensive."""
    judgements = _read(data, "Judgement", "judgements", {split: f"{split}/*.csv" for split in SPLITS})
    catalogue = _read(data, "Catalogue", "catalogue", {PRODUCTS_SPLIT: "*.csv"})
    gate = AnomalyGate(
        judgements=judgements["ExampleGen"].outputs["examples"],
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        judgement_anomalies=judgements["ExampleValidator"].outputs["anomalies"],
        catalogue_anomalies=catalogue["ExampleValidator"].outputs["anomalies"],
    ).with_id("AnomalyGate")
    return Ingested(
        judgements=judgements["ExampleGen"].outputs["examples"],
        schema=judgements["Schema"].outputs["schema"],
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        catalogue_schema=catalogue["Schema"].outputs["schema"],
        gate=gate,
        nodes=(*judgements.values(), *catalogue.values(), gate),
    )


def _read(data: str | RuntimeParameter, prefix: str, folder: str, splits: dict[str, str]) -> dict[str, BaseNode]:
    """Return the nodes that read one kind of file and validate it against its contract, by role."""
    patterns = {split: f"{folder}/{pattern}" for split, pattern in splits.items()}
    example_gen = CsvExampleGen(data, patterns).with_id(f"{prefix}ExampleGen")
    # Without sketches, the distinct values and the most frequent ones are found in a table of all strings in memory.
    sketches = tfdv.StatsOptions(use_sketch_based_topk_uniques=True)
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"], stats_options=sketches)
    statistics = statistics_gen.outputs["statistics"]
    inferred = tfx.components.SchemaGen(statistics=statistics)
    contract = ContractSchema(contract=(SCHEMAS / f"{folder}.pbtxt").read_text(encoding="utf-8"))
    validator = tfx.components.ExampleValidator(statistics=statistics, schema=contract.outputs["schema"])
    return {
        "ExampleGen": example_gen,
        "StatisticsGen": statistics_gen.with_id(f"{prefix}StatisticsGen"),
        "SchemaGen": inferred.with_id(f"{prefix}SchemaGen"),
        "Schema": contract.with_id(f"{prefix}Schema"),
        "ExampleValidator": validator.with_id(f"{prefix}ExampleValidator"),
    }
