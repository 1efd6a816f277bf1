"""Nodes that compare the distributions of new data with those of the served model's, and of the splits."""

from collections.abc import Mapping
from typing import Literal

from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy

from components.distribution_validator import DistributionValidator, drift_config
from components.drift_gate import DriftGate
from components.served_statistics import PRESENT
from pipelines.stages.contracts import contract

SKEW_PAIR = ("eval", "train")


def watch_drift(
    judgements: Mapping[str, BaseNode] | None,
    catalogue: Mapping[str, BaseNode],
    action: Literal["warn", "stop"],
    strategy: type[ResolverStrategy],
) -> list[BaseNode]:
    """Return the nodes, of which the last one warns or stops.

    Args:
        judgements: The nodes that read judgements, by role; None for a catalogue run.
        catalogue: The nodes that read the catalogue, by role.
        action: What the last node does.
        strategy: The strategy that resolves the statistics of the served model's data.
    """
    read = {"catalogue": catalogue} | ({"judgements": judgements} if judgements else {})
    present = {f"{PRESENT}{name}": nodes["ExampleGen"].outputs["examples"] for name, nodes in read.items()}
    statistics = {name: tfx.dsl.Channel(type=tfx.types.standard_artifacts.ExampleStatistics) for name in read}
    resolver = tfx.dsl.Resolver(strategy_class=strategy, **present, **statistics).with_id("ServedStatistics")
    validators = {}
    for name, nodes in read.items():
        found = nodes["StatisticsGen"].outputs["statistics"]
        config = drift_config(contract(name), "drift_comparator")
        validators[f"{name.removesuffix('s')}_drift"] = DistributionValidator(found, resolver.outputs[name], config)
    if judgements:
        found = judgements["StatisticsGen"].outputs["statistics"]
        config = drift_config(contract("judgements"), "skew_comparator")
        validators["judgement_skew"] = DistributionValidator(found, found, config, [SKEW_PAIR])
    named = {role: node.with_id(_node_id(role)) for role, node in validators.items()}
    gate = DriftGate(**{role: node.outputs["anomalies"] for role, node in named.items()}, action=action)
    return [resolver, *named.values(), gate.with_id("DriftGate")]


def _node_id(role: str) -> str:
    """Return the id of a validator: `CatalogueDriftValidator` for `catalogue_drift`."""
    return f"{role.title().replace('_', '')}Validator"
