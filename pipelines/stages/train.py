"""The third stage: the ESCI classifier, compared with its baseline."""

from dataclasses import dataclass

from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import BaseChannel

from components.evaluator.component import Evaluator
from components.latest_blessed import LatestBlessedOtherModel
from components.trainer import Trainer
from modules.eval_config import make_eval_config
from pipelines.settings import RunSettings
from pipelines.stages.embed import Embedded
from pipelines.stamps.encoder import cross_encoder_stamps, pinned_cross_encoder
from pipelines.stamps.nodes import stamp


@dataclass(frozen=True)
class Trained:
    """The classifier, the metrics of its training, and its evaluation."""

    model: BaseChannel
    run: BaseChannel
    blessing: BaseChannel
    evaluation: BaseChannel
    nodes: tuple[BaseNode, ...]


def train(settings: RunSettings, embedded: Embedded, baseline: type[ResolverStrategy] | None) -> Trained:
    """Train the classifier on joined examples, and evaluate it against the model that `baseline` resolves, if any."""
    transform = tfx.components.Transform(
        examples=embedded.examples,
        schema=embedded.schema,
        preprocessing_fn="modules.preprocessing.preprocessing_fn",
        disable_statistics=True,  # the raw data has them
    )
    teacher = pinned_cross_encoder(settings.trainer.teacher)
    trainer = Trainer(
        run_fn="modules.trainer.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        custom_config=settings.trainer.model_copy(update={"teacher": teacher}).model_dump(mode="json"),
        embeddings={"query_embeddings": embedded.queries, "product_embeddings": embedded.products},
    )
    stamp(trainer, cross_encoder_stamps(teacher))
    resolver = _resolver(baseline, trainer.outputs["model"]) if baseline else None
    evaluator = Evaluator(
        examples=embedded.examples,
        model=trainer.outputs["model"],
        query_embeddings=embedded.queries,
        product_embeddings=embedded.products,
        baseline_model=resolver.outputs["model"] if resolver else None,
        schema=embedded.schema,
        eval_config=make_eval_config(settings.evaluator),
    )
    return Trained(
        model=trainer.outputs["model"],
        run=trainer.outputs["model_run"],
        blessing=evaluator.outputs["blessing"],
        evaluation=evaluator.outputs["evaluation"],
        nodes=(transform, trainer, *([resolver] if resolver else []), evaluator),
    )


def _resolver(strategy: type[ResolverStrategy], candidate: BaseChannel) -> tfx.dsl.Resolver:
    channels = {
        "model": tfx.dsl.Channel(type=tfx.types.standard_artifacts.Model),
        "model_blessing": tfx.dsl.Channel(type=tfx.types.standard_artifacts.ModelBlessing),
    }
    if strategy is LatestBlessedOtherModel:
        channels["candidate"] = candidate
    return tfx.dsl.Resolver(strategy_class=strategy, **channels).with_id("LatestBlessedModel")
