"""The first stage: reads the files and validates them against their contracts."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import tensorflow_data_validation as tfdv
from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.orchestration.data_types import RuntimeParameter
from tfx.types import BaseChannel

import modules
from components.anomaly_gate import AnomalyGate
from components.catalogue_gate import CatalogueGate
from components.contract_schema import ContractSchema
from components.csv_example_gen import CsvExampleGen
from components.window_gate import WindowGate
from modules.clip_trainer import PRODUCTS_SPLIT
from vitrine.data.columns import SPLITS
from vitrine.data.contract.refresh_settings import RefreshSettings

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


def ingest(data: str | RuntimeParameter, window: str | None, settings: RefreshSettings) -> Ingested:
    """Read and validate judgements and catalogue; the gate stops the run on anomalies, before anything expensive.

    With a `window` of spans, judgements of products that the catalogue lacks are left out, as far as `settings` allow.
    """
    splits = {split: f"{split}/*.csv" for split in SPLITS}
    judgements = _read(data, "Judgement", "judgements", splits, window)
    catalogue = read_catalogue(data, window)
    read = {
        "judgements": judgements["ExampleGen"].outputs["examples"],
        "catalogue": catalogue["ExampleGen"].outputs["examples"],
        "judgement_anomalies": judgements["ExampleValidator"].outputs["anomalies"],
        "catalogue_anomalies": catalogue["ExampleValidator"].outputs["anomalies"],
    }
    if window:
        gate = WindowGate(**read, max_unjudged=settings.max_unjudged).with_id("WindowGate")
    else:
        gate = AnomalyGate(**read).with_id("AnomalyGate")
    return Ingested(
        judgements=gate.outputs["remaining_judgements"] if window else read["judgements"],
        schema=judgements["Schema"].outputs["schema"],
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        catalogue_schema=catalogue["Schema"].outputs["schema"],
        gate=gate,
        nodes=(*judgements.values(), *catalogue.values(), gate),
    )


def read_catalogue(data: str | RuntimeParameter, window: str | None) -> dict[str, BaseNode]:
    """Return the nodes that read the catalogue and validate it, by role."""
    return _read(data, "Catalogue", "catalogue", {PRODUCTS_SPLIT: "*.csv"}, window)


def approve_catalogue(
    catalogue: Mapping[str, BaseNode], judgements: BaseChannel, served_catalogue: BaseChannel, settings: RefreshSettings
) -> Ingested:
    """Compare a new catalogue with the served one, and keep the earlier run's judgements of the products in it."""
    schema = _contract_schema("judgements").with_id("JudgementSchema")
    gate = CatalogueGate(
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        catalogue_anomalies=catalogue["ExampleValidator"].outputs["anomalies"],
        judgements=judgements,
        served_catalogue=served_catalogue,
        settings=settings.model_dump_json(),
    ).with_id("CatalogueGate")
    return Ingested(
        judgements=gate.outputs["remaining_judgements"],
        schema=schema.outputs["schema"],
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        catalogue_schema=catalogue["Schema"].outputs["schema"],
        gate=gate,
        nodes=(schema, gate),
    )


def _contract_schema(folder: str) -> BaseNode:
    return ContractSchema(contract=(SCHEMAS / f"{folder}.pbtxt").read_text(encoding="utf-8"))


def _read(
    data: str | RuntimeParameter, prefix: str, folder: str, splits: dict[str, str], window: str | None
) -> dict[str, BaseNode]:
    """Return the nodes that read one kind of file and validate it against its contract, by role."""
    patterns = {split: f"{folder}/{pattern}" for split, pattern in splits.items()}
    example_gen = CsvExampleGen(data, patterns, window).with_id(f"{prefix}ExampleGen")
    # Without sketches, the distinct values and the most frequent ones are found in a table of all strings in memory.
    sketches = tfdv.StatsOptions(use_sketch_based_topk_uniques=True)
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"], stats_options=sketches)
    statistics = statistics_gen.outputs["statistics"]
    inferred = tfx.components.SchemaGen(statistics=statistics)
    contract = _contract_schema(folder)
    validator = tfx.components.ExampleValidator(statistics=statistics, schema=contract.outputs["schema"])
    return {
        "ExampleGen": example_gen,
        "StatisticsGen": statistics_gen.with_id(f"{prefix}StatisticsGen"),
        "SchemaGen": inferred.with_id(f"{prefix}SchemaGen"),
        "Schema": contract.with_id(f"{prefix}Schema"),
        "ExampleValidator": validator.with_id(f"{prefix}ExampleValidator"),
    }
