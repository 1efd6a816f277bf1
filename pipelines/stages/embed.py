"""The second stage: the encoder, and the vectors of every query and product."""

from dataclasses import dataclass

from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import BaseChannel

from components.artifacts import EARLIER_EMBEDDINGS
from components.earlier_embeddings import EarlierEmbeddings
from components.embedding_gen import executor as embedding_gen_executor
from components.embedding_gen.component import EmbeddingGen
from components.trainer import Trainer
from modules.clip_trainer import PRODUCTS_SPLIT
from pipelines.beam.arguments import worker_count
from pipelines.settings import RunSettings
from pipelines.stages.ingest import Ingested
from pipelines.stamps import CODE, ENCODING_CODE
from pipelines.stamps.code import Code
from pipelines.stamps.encoder import encoder_stamps, encoding_code, pinned_settings
from pipelines.stamps.images import image_stamps
from pipelines.stamps.nodes import code_stamps, stamp
from vitrine.embeddings.settings import EncodingSettings
from vitrine.encoders.settings import PRECOMPUTED
from vitrine.encoders.training_settings import TuningSettings


@dataclass(frozen=True)
class Embedded:
    """The encoder, the embeddings of queries and products, and the judgements joined with them.

    `encoder_run` is the training of the encoder, if this run made it.
    """

    encoder: BaseChannel
    queries: BaseChannel
    products: BaseChannel
    examples: BaseChannel
    schema: BaseChannel
    nodes: tuple[BaseNode, ...]
    encoder_run: BaseChannel | None = None


def embed(
    settings: RunSettings,
    data: Ingested,
    root: str,
    code: Code,
    earlier: type[ResolverStrategy] | None,
    list_buckets: bool,
    blessed_encoder: BaseChannel | None = None,
) -> Embedded:
    """Train the encoder from scratch or use a pretrained one, and encode what earlier runs have not encoded.

    A `blessed_encoder` is used as it is, except for precomputed vectors: those of new products are in new files.

    Parts of what is encoded lie below `root`. `earlier` resolves the embeddings of earlier runs; without it, each run
    writes down there where its embeddings are. Images get a stamp if the encoder, CLIP, reads them; `list_buckets`
    allows listing a bucket of images for it.
    """
    encoder = settings.encoder
    images = image_stamps(settings.data.dir, settings.data.images, list_buckets) if encoder.kind == "clip" else {}
    trainers = []
    if blessed_encoder is None or encoder.kind == PRECOMPUTED:
        trainers = [_clip_trainer(settings, data, images, root)]
    model = trainers[0].outputs["model"] if trainers else blessed_encoder
    encoding = EncodingSettings(
        image_root=settings.data.images,
        text_fields=settings.embedding.text_fields,
        precision=encoder.precision,
        shards=settings.embedding.shards or worker_count(settings.beam),
        batch=settings.embedding.batch,
    )
    properties = {"settings": encoding.model_dump_json(), ENCODING_CODE: encoding_code(code), **images}
    properties[CODE] = code_stamps(code.stamp({embedding_gen_executor.__name__}))[CODE]
    resolver = _resolver(earlier, data, model, properties) if earlier else None
    embedding_gen = EmbeddingGen(
        judgements=data.judgements,
        catalogue=data.catalogue,
        schema=data.schema,
        catalogue_schema=data.catalogue_schema,
        encoder=model,
        approval=data.gate.outputs["approval"],
        settings=encoding,
        parts=f"{root}/encoded",
        encoding_code=properties[ENCODING_CODE],
        remember=resolver is None,
        **({name: resolver.outputs[name] for name in EARLIER_EMBEDDINGS} if resolver else {}),
    )
    stamp(embedding_gen, images)
    return Embedded(
        encoder=model,
        queries=embedding_gen.outputs["query_embeddings"],
        products=embedding_gen.outputs["product_embeddings"],
        examples=embedding_gen.outputs["examples"],
        schema=embedding_gen.outputs["joined_schema"],
        nodes=(*trainers, *([resolver] if resolver else []), embedding_gen),
        encoder_run=trainers[0].outputs["model_run"] if trainers else None,
    )


def _clip_trainer(settings: RunSettings, data: Ingested, images: dict[str, str], root: str) -> Trainer:
    encoder = settings.encoder
    tunes = isinstance(encoder.training, TuningSettings)
    judged = tunes and encoder.training.mode != "contrastive"
    reads_images = encoder.source == "scratch" or (tunes and encoder.kind == "clip")
    clip_trainer: Trainer = Trainer(
        run_fn="modules.clip_trainer.run_fn",
        examples=data.catalogue,
        splits=(PRODUCTS_SPLIT, PRODUCTS_SPLIT),
        custom_config={
            "encoder": pinned_settings(encoder).model_dump(mode="json", exclude=set() if tunes else {"precision"}),
            "image_root": settings.data.images,
            **(_tuning(settings, root) if tunes else {}),
        },
        judgements=data.judgements if judged else None,
    ).with_id("ClipTrainer")
    clip_trainer.add_upstream_node(data.gate)
    stamp(clip_trainer, encoder_stamps(encoder) | (images if reads_images else {}))
    return clip_trainer


def _tuning(settings: RunSettings, root: str) -> dict[str, object]:
    """Return what the tuning of an encoder needs besides the encoder's settings."""
    return {
        "text_fields": settings.embedding.text_fields,
        "states": f"{root}/tuning",
        "tracking": settings.trainer.tracking.model_dump(mode="json"),
    }


def _resolver(
    strategy: type[ResolverStrategy], data: Ingested, encoder: BaseChannel, properties: dict[str, str]
) -> tfx.dsl.Resolver:
    channels: dict[str, BaseChannel] = {name: tfx.dsl.Channel(type=kind) for name, kind in EARLIER_EMBEDDINGS.items()}
    config = None
    if strategy is EarlierEmbeddings:
        channels |= {"judgements": data.judgements, "catalogue": data.catalogue, "encoder": encoder}
        channels |= {"approval": data.gate.outputs["approval"]}
        config = {"same": properties}
    return tfx.dsl.Resolver(strategy_class=strategy, config=config, **channels).with_id("EarlierEmbeddings")
