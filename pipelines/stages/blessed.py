"""The encoder, the classifier, the category head and the judgements of the blessed run, taken as they are."""

from dataclasses import dataclass

from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import BaseChannel

from components.blessed_run.artifacts import BLESSED_RUN
from components.blessed_run.note import NoteBlessedRun, NotedBlessedRun
from pipelines.kinds import BLESSED_RUN_NODE
from pipelines.settings import RunSettings
from pipelines.stages.categorize import Categorized
from pipelines.stages.embed import Embedded
from pipelines.stages.ingest import Ingested
from pipelines.stages.release import Released
from pipelines.stages.train import Trained
from pipelines.stamps.encoder import encoder_settings


@dataclass(frozen=True)
class Blessed:
    """The artifacts of the blessed run. `trained` and `categorized` have no nodes: nothing is trained."""

    judgements: BaseChannel
    served_catalogue: BaseChannel
    encoder: BaseChannel
    trained: Trained
    categorized: Categorized
    nodes: tuple[BaseNode, ...]


def take_blessed(
    settings: RunSettings, catalogue: BaseChannel, root: str, strategy: type[ResolverStrategy] | None
) -> Blessed:
    """Resolve the blessed run by `strategy`, for the new `catalogue`; without one, read the note below `root`."""
    encoder = encoder_settings(settings.encoder, settings.embedding.text_fields)
    if strategy:
        channels = {name: tfx.dsl.Channel(type=kind) for name, kind in BLESSED_RUN.items()}
        config = {"encoder_settings": encoder}
        node = tfx.dsl.Resolver(strategy_class=strategy, config=config, catalogue=catalogue, **channels)
    else:
        node = NotedBlessedRun(note=blessed_note(settings, root), encoder_settings=encoder)
    node = node.with_id(BLESSED_RUN_NODE)
    return Blessed(
        judgements=node.outputs["judgements"],
        served_catalogue=node.outputs["served_catalogue"],
        encoder=node.outputs["encoder"],
        trained=Trained(
            model=node.outputs["classifier"],
            run=node.outputs["classifier_run"],
            blessing=node.outputs["classifier_blessing"],
            evaluation=node.outputs["classifier_evaluation"],
            nodes=(),
        ),
        categorized=Categorized(node.outputs["category_head"], nodes=()),
        nodes=(node,),
    )


def note_blessed(
    settings: RunSettings,
    root: str,
    ingested: Ingested,
    judgements: BaseChannel,
    embedded: Embedded,
    trained: Trained,
    categorized: Categorized,
    released: Released,
) -> BaseNode:
    """Note below `root` where the artifacts of this run are, once its search model is blessed.

    `judgements` are those of the last whole run; a catalogue run keeps a part of them.
    """
    return NoteBlessedRun(
        blessing=released.blessing,
        encoder=embedded.encoder,
        judgements=judgements,
        served_catalogue=ingested.catalogue,
        classifier=trained.model,
        classifier_run=trained.run,
        classifier_blessing=trained.blessing,
        classifier_evaluation=trained.evaluation,
        category_head=categorized.head,
        search_model=released.model,
        search_index=released.index,
        note=blessed_note(settings, root),
        encoder_settings=encoder_settings(settings.encoder, settings.embedding.text_fields),
    )


def blessed_note(settings: RunSettings, root: str) -> str:
    """Return the path or URI of the note of the blessed run."""
    return f"{root}/blessed/{settings.name}.json"
