"""`create_pipeline`: the pipeline's definition for every runner."""

from collections.abc import Sequence

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.orchestration.data_types import RuntimeParameter

from components.earlier_embeddings import EarlierEmbeddings
from components.earlier_features import EarlierFeatures
from components.latest_blessed import LatestBlessedOtherModel
from pipelines.settings import RunSettings
from pipelines.stages.embed import embed
from pipelines.stages.ingest import ingest
from pipelines.stages.release import Deploy, release
from pipelines.stages.train import train
from pipelines.stamps.code import Code
from pipelines.stamps.nodes import stamp_code


def create_pipeline(
    settings: RunSettings,
    root: str,
    serving: str,
    metadata: metadata_store_pb2.ConnectionConfig | None = None,
    beam_arguments: Sequence[str] = (),
    data: str | RuntimeParameter | None = None,
    baseline: type[ResolverStrategy] | None = LatestBlessedOtherModel,
    earlier: type[ResolverStrategy] | None = EarlierEmbeddings,
    earlier_features: type[ResolverStrategy] | None = EarlierFeatures,
    cache: bool = True,
    deploy: Deploy | None = None,
) -> tfx.dsl.Pipeline:
    """Create the pipeline of all nodes.

    Args:
      settings: the run's settings.
      root: the directory or bucket's URI of all artifacts.
      serving: the directory or bucket's URI that the Pushers push to.
      metadata: the connection to ML Metadata; None if the platform manages it.
      beam_arguments: options of the Beam runner.
      data: the folder that holds `catalogue/` and `judgements/`, or a RuntimeParameter for it; that of the
        settings by default.
      baseline: the strategy that resolves the baseline of a new classifier; None if the platform has no resolvers.
      earlier: the strategy that resolves the embeddings of earlier runs; None if the platform has no resolvers.
      earlier_features: the strategy that resolves the feature store of the earlier run; None likewise.
      cache: whether nodes with unchanged inputs take their outputs from earlier runs.
      deploy: creates the node that deploys the blessed search model to the platform's own serving; None if there is
        none.
    """
    code = Code()
    ingested = ingest(settings.data.dir if data is None else data)
    embedded = embed(settings, ingested, root, code, earlier, list_buckets=data is None)  # compiling uses no network
    trained = train(settings, embedded, baseline)
    released = release(settings, embedded, trained, serving, deploy, earlier_features)
    nodes = [*ingested.nodes, *embedded.nodes, *trained.nodes, *released]
    stamp_code(nodes, code)
    return tfx.dsl.Pipeline(
        pipeline_name=settings.name,
        pipeline_root=root,
        components=nodes,
        enable_cache=cache,
        metadata_connection_config=metadata,
        beam_pipeline_args=list(beam_arguments),
    )
