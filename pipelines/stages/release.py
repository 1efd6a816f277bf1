"""The last stage: the search model, evaluated as it will be served, and pushed with its index and classifier."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import BaseModel
from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import BaseChannel

from components.artifacts import FeatureStore
from components.blessed_run.artifacts import ENCODER_SETTINGS, SEARCH_INDEX, SEARCH_MODEL
from components.earlier_features import EARLIER, EarlierFeatures
from components.feature_registrar import FeatureRegistrar
from components.pusher import Pusher
from components.retrieval_evaluator import RetrievalEvaluator
from components.search_auditor import SearchAuditor
from components.search_model_gen import SearchModelGen
from components.served_model import CANDIDATE, LatestServedModel
from pipelines.metadata.pushes import pusher_id
from pipelines.settings import RunSettings
from pipelines.stages.categorize import Categorized
from pipelines.stages.embed import Embedded
from pipelines.stages.train import Trained
from pipelines.stamps.encoder import cross_encoder_stamps, encoder_settings, pinned_cross_encoder
from pipelines.stamps.nodes import stamp
from vitrine.evaluation.settings import AssessmentSettings, CardSettings
from vitrine.search.settings import ProductionSettings

Deploy: TypeAlias = Callable[[BaseChannel, BaseChannel], BaseNode]
"""Creates the node that deploys a model with its blessing to a platform's own serving."""


@dataclass(frozen=True)
class Released:
    """The search model, its index and its blessing."""

    model: BaseChannel
    index: BaseChannel
    blessing: BaseChannel
    nodes: tuple[BaseNode, ...]


def release(
    settings: RunSettings,
    embedded: Embedded,
    trained: Trained,
    categorized: Categorized,
    serving: str,
    deploy: Deploy | None,
    earlier: type[ResolverStrategy] | None,
    blessed_note: str | None,
) -> Released:
    """Build, evaluate and push the search model with its classifier, head and index; register the vectors as features.

    It is compared with the served version, which `blessed_note` names, or a resolver finds if there is no such note.
    """
    cross_encoder = pinned_cross_encoder(settings.search.cross_encoder)
    search_model_gen = SearchModelGen(
        query_embeddings=embedded.queries,
        product_embeddings=embedded.products,
        judgements=embedded.examples,
        encoder=embedded.encoder,
        classifier=trained.model,
        category_head=categorized.head,
        precision=settings.encoder.precision,
        settings=_json(
            ProductionSettings(
                search=settings.search.model_copy(update={"cross_encoder": cross_encoder}),
                validation_share=settings.trainer.validation_share,
                image_root=settings.data.images,
                attributes=settings.data.attributes,
            )
        ),
    ).with_id("SearchModelGen")
    encoder = {ENCODER_SETTINGS: encoder_settings(settings.encoder, settings.embedding.text_fields)}
    stamp(search_model_gen, encoder | cross_encoder_stamps(cross_encoder))
    model = search_model_gen.outputs["model"]
    resolver = _served(model) if blessed_note is None else None
    served = {}
    if resolver:
        served = {"served_model": resolver.outputs[SEARCH_MODEL], "served_index": resolver.outputs[SEARCH_INDEX]}
    trainings = {"encoder_run": embedded.encoder_run, "category_run": categorized.run}
    auditor = _auditor(settings, search_model_gen, embedded) if settings.audit.gate else None
    audited = {"audit": auditor.outputs["audit"]} if auditor else {}
    retrieval_evaluator = RetrievalEvaluator(
        model=model,
        classifier_blessing=trained.blessing,
        classifier_evaluation=trained.evaluation,
        classifier_run=trained.run,
        judgements=embedded.examples,
        product_embeddings=embedded.products,
        encoder=embedded.encoder,
        settings=_json(_assessment(settings)),
        blessed_note=blessed_note or "",
        **{name: channel for name, channel in trainings.items() if channel},
        **served,
        **audited,
    ).with_id("RetrievalEvaluator")
    blessing = retrieval_evaluator.outputs["blessing"]
    models = {
        "index": search_model_gen.outputs["index"],
        "esci_classifier": trained.model,
        "product_search": model,
    }
    pushers = [Pusher(models[name], blessing, f"{serving}/{name}").with_id(pusher_id(name)) for name in models]
    # Servers load the search model as soon as it is pushed, so its index and classifier are pushed before it.
    pushers[-1].add_upstream_nodes(pushers[:-1])
    deployers = [deploy(model, blessing)] if deploy else []
    before = [node for node in (resolver, auditor) if node]
    nodes = (search_model_gen, *before, retrieval_evaluator, *pushers, *deployers)
    return Released(model, models["index"], blessing, (*nodes, *_register(settings, embedded, earlier)))


def _assessment(settings: RunSettings) -> AssessmentSettings:
    card = CardSettings(
        name=settings.name,
        data_source=settings.data.source,
        data_license=settings.data.license,
        encoder=settings.encoder.source,
        searches_images=settings.encoder.kind == "clip",
    )
    return AssessmentSettings(thresholds=settings.retrieval, image_root=settings.data.images, card=card)


def _auditor(settings: RunSettings, search_model_gen: BaseNode, embedded: Embedded) -> BaseNode:
    """Return the node that audits the search model, with the suites that `audit.gate` names."""
    return SearchAuditor(
        model=search_model_gen.outputs["model"],
        index=search_model_gen.outputs["index"],
        judgements=embedded.examples,
        settings=_json(settings.audit),
    ).with_id("SearchAuditor")


def _served(candidate: BaseChannel) -> tfx.dsl.Resolver:
    channels = {name: tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model) for name in (SEARCH_MODEL, SEARCH_INDEX)}
    resolver = tfx.dsl.Resolver(strategy_class=LatestServedModel, **{CANDIDATE: candidate}, **channels)
    return resolver.with_id("ServedModel")


def _register(
    settings: RunSettings, embedded: Embedded, earlier: type[ResolverStrategy] | None
) -> tuple[BaseNode, ...]:
    """Register the vectors as features, beside those of the earlier run that did not change."""
    properties = _json(settings.features)
    channels = {"query_embeddings": embedded.queries, "product_embeddings": embedded.products}
    if earlier is None:
        return (FeatureRegistrar(**channels, settings=properties).with_id("FeatureRegistrar"),)
    of_earlier = {EARLIER: tfx.dsl.Channel(type=FeatureStore)}
    is_ours = earlier is EarlierFeatures
    resolver = tfx.dsl.Resolver(
        strategy_class=earlier,
        config={"settings": properties} if is_ours else None,
        **(channels | of_earlier if is_ours else of_earlier),
    ).with_id("EarlierFeatures")
    registrar = FeatureRegistrar(**channels, settings=properties, earlier=resolver.outputs[EARLIER])
    return resolver, registrar.with_id("FeatureRegistrar")


def _json(section: BaseModel) -> str:
    return section.model_dump_json()
