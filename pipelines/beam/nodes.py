"""The nodes of a pipeline on a cluster: the names of their jobs, and the nodes that run in their own process."""

from collections.abc import Iterable
from typing import Final

from tfx.dsl.components.base.base_beam_component import BaseBeamComponent
from tfx.dsl.components.base.base_node import BaseNode

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.settings import BeamSettings
from vitrine.errors import ConfigError

ON_BEAM: Final = ("EmbeddingGen", "Evaluator", "Transform")
"""Nodes on Beam of a whole run; a catalogue run lacks some of them, with the same settings."""


def place_nodes(nodes: Iterable[BaseNode], beam: BeamSettings, root: str) -> None:
    """Give the nodes of a finished pipeline their own arguments of Beam, in place, if the runner is Flink or Spark.

    They come after the pipeline's arguments, and so win. `root` is the pipeline's root, where workers write parts while
    they encode.

    Raises ConfigError if `local_nodes` has a name of no node on Beam. A catalogue run has only some of them.
    """
    if beam.runner not in ("flink", "spark"):
        return
    cluster = beam.flink if beam.runner == "flink" else beam.spark
    on_beam = {node.id: node for node in nodes if isinstance(node, BaseBeamComponent)}
    for name in cluster.local_nodes:
        if name not in on_beam and name not in ON_BEAM:
            raise ConfigError(
                f"beam.{beam.runner}.local_nodes: {name!r} is no node on Beam; these are {', '.join(sorted(on_beam))}"
            )
    here = beam_arguments(BeamSettings())
    for name, node in on_beam.items():
        own = here if name in cluster.local_nodes else [f"--job_name={name}", f"--flink_activity={root}/encoded"]
        node.with_beam_pipeline_args(own)
