"""`create_pipeline`: the pipelines' definition for every runner."""

from collections.abc import Sequence

from ml_metadata.proto import metadata_store_pb2
from tfx import v1 as tfx
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.orchestration.data_types import RuntimeParameter

from components.blessed_run.resolver import LatestBlessedRun
from components.earlier_embeddings import EarlierEmbeddings
from components.earlier_features import EarlierFeatures
from components.latest_blessed import LatestBlessedOtherModel
from components.served_statistics import ServedStatistics
from pipelines.beam.nodes import place_nodes
from pipelines.kinds import Kind, pipeline_name
from pipelines.settings import RunSettings
from pipelines.stages.blessed import blessed_note, note_blessed, take_blessed
from pipelines.stages.categorize import categorize
from pipelines.stages.embed import embed
from pipelines.stages.ingest import approve_catalogue, ingest, read_catalogue
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
    blessed: type[ResolverStrategy] | None = LatestBlessedRun,
    served_statistics: type[ResolverStrategy] | None = ServedStatistics,
    cache: bool = True,
    deploy: Deploy | None = None,
    kind: Kind = "run",
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
      blessed: the strategy that resolves what a catalogue run takes from an earlier run; None if the platform has no
        resolver that can, so that each run writes it down, with the search model that is served from then on.
      served_statistics: the strategy that resolves the statistics of the served model's data, for drift; None if the
        platform has no resolver that can.
      cache: whether nodes with unchanged inputs take their outputs from earlier runs.
      deploy: creates the node that deploys the blessed search model to the platform's own serving; None if there is
        none.
      kind: `run`, the whole pipeline, or `refresh`, the catalogue run.

    Raises ConfigError if a setting names a node that there is not.
    """
    code = Code()
    location = settings.data.dir if data is None else data
    list_buckets = data is None  # compiling uses no network
    if kind == "run":
        ingested = ingest(location, settings.data, settings.refresh, served_statistics)
        embedded = embed(settings, ingested, root, code, earlier, list_buckets)
        trained = train(settings, embedded, baseline)
        categorized = categorize(settings, embedded)
        judgements = ingested.judgements
        nodes = [*ingested.nodes, *embedded.nodes, *trained.nodes, *categorized.nodes]
    else:
        catalogue = read_catalogue(location, settings.data)
        known = take_blessed(settings, catalogue["ExampleGen"].outputs["examples"], root, blessed)
        judgements, trained, categorized = known.judgements, known.trained, known.categorized
        ingested = approve_catalogue(
            catalogue, judgements, known.served_catalogue, settings.data, settings.refresh, served_statistics
        )
        embedded = embed(settings, ingested, root, code, earlier, list_buckets, known.encoder)
        nodes = [*catalogue.values(), *known.nodes, *ingested.nodes, *embedded.nodes]
    note = blessed_note(settings, root) if blessed is None else None
    released = release(settings, embedded, trained, categorized, serving, deploy, earlier_features, note)
    nodes += released.nodes
    if blessed is None:
        nodes.append(note_blessed(settings, root, ingested, judgements, embedded, trained, categorized, released))
    stamp_code(nodes, code)
    pipeline = tfx.dsl.Pipeline(
        # A resolver finds only artifacts of pipelines of the same name.
        pipeline_name=settings.name if blessed else pipeline_name(settings.name, kind),
        pipeline_root=root,
        components=nodes,
        enable_cache=cache,
        metadata_connection_config=metadata,
        beam_pipeline_args=list(beam_arguments),
    )
    place_nodes(pipeline.components, settings.beam, root)
    return pipeline
