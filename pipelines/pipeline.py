"""`create_pipeline`: the one definition that every runner runs."""

from collections.abc import Sequence
from typing import Any

from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.orchestration.data_types import RuntimeParameter

from components.latest_blessed import LatestBlessedOtherModel
from pipelines.settings import RunSettings
from pipelines.stages.embed import embed
from pipelines.stages.ingest import ingest
from pipelines.stages.release import Deploy, release
from pipelines.stages.train import train
from pipelines.stamps.nodes import stamp_code


def create_pipeline(
    config: RunSettings,
    root: str,
    serving: str,
    metadata: Any = None,
    beam_arguments: Sequence[str] = (),
    data: str | RuntimeParameter | None = None,
    baseline: type[ResolverStrategy] | None = LatestBlessedOtherModel,
    cache: bool = True,
    deploy: Deploy | None = None,
) -> tfx.dsl.Pipeline:
    """Connect every node.

    Args:
      config: the run's configuration.
      root: where artifacts go, a directory or a bucket's URI.
      serving: where the Pushers push to, a directory or a bucket's URI.
      metadata: connection to ML Metadata; managed by the platform where there is none.
      beam_arguments: options of the Beam runner.
      data: the folder that holds `catalogue/` and `judgements/`, or the RuntimeParameter that names it at each run; the
        configuration's by default.
      baseline: how the platform finds the model that a new classifier is compared with; None where it cannot.
      cache: whether nodes whose inputs have not changed are taken from earlier runs.
      deploy: makes the node that hands the search model, where the blessing lets it through, to the platform's own
        serving; None where there is none.
    """
    ingested = ingest(config.data.dir if data is None else data)
    embedded = embed(config, ingested, ask_buckets=data is None)  # compiling asks nothing of a network
    trained = train(config, embedded, baseline)
    released = release(config, embedded, trained, serving, deploy)
    nodes = [*ingested.nodes, *embedded.nodes, *trained.nodes, *released]
    stamp_code(nodes)
    return tfx.dsl.Pipeline(
        pipeline_name=config.name,
        pipeline_root=root,
        components=nodes,
        enable_cache=cache,
        metadata_connection_config=metadata,
        beam_pipeline_args=list(beam_arguments),
    )
