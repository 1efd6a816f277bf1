"""The first stage: reads the files and validates them against their contracts."""

from collections.abc import Mapping
from dataclasses import dataclass

import tensorflow_data_validation as tfdv
from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.orchestration.data_types import RuntimeParameter
from tfx.types import BaseChannel

from components.anomaly_gate import AnomalyGate
from components.catalogue_gate import CatalogueGate
from components.contract_schema import ContractSchema
from components.csv_example_gen import CsvExampleGen
from components.window_gate import WindowGate
from modules.clip_trainer import PRODUCTS_SPLIT
from pipelines.settings import DataSettings
from pipelines.stages.contracts import contract
from pipelines.stages.drift import watch_drift
from vitrine.data.columns import SPLITS
from vitrine.data.contract.refresh_settings import RefreshSettings


@dataclass(frozen=True)
class Ingested:
    """Examples and schema of judgements and catalogue, and the node that approves them."""

    judgements: BaseChannel
    schema: BaseChannel
    catalogue: BaseChannel
    catalogue_schema: BaseChannel
    gate: BaseNode
    nodes: tuple[BaseNode, ...]


def ingest(
    data: str | RuntimeParameter, settings: DataSettings, limits: RefreshSettings, served: type[ResolverStrategy] | None
) -> Ingested:
    """Read and validate judgements and catalogue; the gate stops the run on anomalies, before anything expensive.

    With a window of spans, judgements of products that the catalogue lacks are left out, as far as `limits` allow.
    Where `served` resolves the statistics of the served model's data, drift is watched.
    """
    window = settings.spans
    splits = {split: f"{split}/*.csv" for split in SPLITS}
    judgements = _read(data, "Judgement", "judgements", splits, window)
    catalogue = read_catalogue(data, settings)
    read = {
        "judgements": judgements["ExampleGen"].outputs["examples"],
        "catalogue": catalogue["ExampleGen"].outputs["examples"],
        "judgement_anomalies": judgements["ExampleValidator"].outputs["anomalies"],
        "catalogue_anomalies": catalogue["ExampleValidator"].outputs["anomalies"],
    }
    if window:
        gate = WindowGate(**read, max_unjudged=limits.max_unjudged).with_id("WindowGate")
    else:
        gate = AnomalyGate(**read).with_id("AnomalyGate")
    drift = watch(judgements, catalogue, settings, served, gate)
    return Ingested(
        judgements=gate.outputs["remaining_judgements"] if window else read["judgements"],
        schema=judgements["Schema"].outputs["schema"],
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        catalogue_schema=catalogue["Schema"].outputs["schema"],
        gate=gate,
        nodes=(*judgements.values(), *catalogue.values(), *drift, gate),
    )


def watch(
    judgements: Mapping[str, BaseNode] | None,
    catalogue: Mapping[str, BaseNode],
    settings: DataSettings,
    served: type[ResolverStrategy] | None,
    gate: BaseNode,
) -> list[BaseNode]:
    """Return the nodes that watch drift before the `gate`; none if it is off, or nothing can be resolved."""
    if settings.drift == "off" or served is None:
        return []
    nodes = watch_drift(judgements, catalogue, settings.drift, served)
    gate.add_upstream_node(nodes[-1])
    return nodes


def read_catalogue(data: str | RuntimeParameter, settings: DataSettings) -> dict[str, BaseNode]:
    """Return the nodes that read the catalogue with its attributes and validate it, by role."""
    return _read(data, "Catalogue", "catalogue", {PRODUCTS_SPLIT: "*.csv"}, settings.spans, settings)


def approve_catalogue(
    catalogue: Mapping[str, BaseNode],
    judgements: BaseChannel,
    served_catalogue: BaseChannel,
    settings: DataSettings,
    limits: RefreshSettings,
    served: type[ResolverStrategy] | None,
) -> Ingested:
    """Compare a new catalogue with the served one, and keep the earlier run's judgements of the products in it."""
    schema = _contract_schema("judgements").with_id("JudgementSchema")
    gate = CatalogueGate(
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        catalogue_anomalies=catalogue["ExampleValidator"].outputs["anomalies"],
        judgements=judgements,
        served_catalogue=served_catalogue,
        settings=limits.model_dump_json(),
    ).with_id("CatalogueGate")
    drift = watch(None, catalogue, settings, served, gate)
    return Ingested(
        judgements=gate.outputs["remaining_judgements"],
        schema=schema.outputs["schema"],
        catalogue=catalogue["ExampleGen"].outputs["examples"],
        catalogue_schema=catalogue["Schema"].outputs["schema"],
        gate=gate,
        nodes=(schema, *drift, gate),
    )


def _contract_schema(folder: str) -> BaseNode:
    return ContractSchema(contract=contract(folder))


def _read(
    data: str | RuntimeParameter,
    prefix: str,
    folder: str,
    splits: dict[str, str],
    window: str | None,
    further: DataSettings | None = None,
) -> dict[str, BaseNode]:
    """Return the nodes that read one kind of file, with attributes if it has any, and validate it."""
    patterns = {split: f"{folder}/{pattern}" for split, pattern in splits.items()}
    own = (further.attributes, further.currency) if further else ()
    example_gen = CsvExampleGen(data, patterns, window, *own).with_id(f"{prefix}ExampleGen")
    # Without sketches, the distinct values and the most frequent ones are found in a table of all strings in memory.
    sketches = tfdv.StatsOptions(use_sketch_based_topk_uniques=True)
    statistics_gen = tfx.components.StatisticsGen(examples=example_gen.outputs["examples"], stats_options=sketches)
    statistics = statistics_gen.outputs["statistics"]
    inferred = tfx.components.SchemaGen(statistics=statistics)
    schema = _contract_schema(folder)
    validator = tfx.components.ExampleValidator(statistics=statistics, schema=schema.outputs["schema"])
    return {
        "ExampleGen": example_gen,
        "StatisticsGen": statistics_gen.with_id(f"{prefix}StatisticsGen"),
        "SchemaGen": inferred.with_id(f"{prefix}SchemaGen"),
        "Schema": schema.with_id(f"{prefix}Schema"),
        "ExampleValidator": validator.with_id(f"{prefix}ExampleValidator"),
    }
