"""The third stage: the ESCI classifier, held against the one before it."""

from dataclasses import dataclass

from tfx import v1 as tfx
from tfx.dsl.components.base.base_node import BaseNode
from tfx.dsl.components.common.resolver import ResolverStrategy
from tfx.types import BaseChannel

from components.latest_blessed import LatestBlessedOtherModel
from components.trainer import Trainer
from modules.eval_config import make_eval_config
from pipelines.settings import RunSettings
from pipelines.stages.embed import Embedded


@dataclass(frozen=True)
class Trained:
    """The classifier, the figures of its training, and what the Evaluator said of it."""

    model: BaseChannel
    run: BaseChannel
    blessing: BaseChannel
    evaluation: BaseChannel
    nodes: tuple[BaseNode, ...]


def train(config: RunSettings, embedded: Embedded, baseline: type[ResolverStrategy] | None) -> Trained:
    """Train the classifier on joined examples, and evaluate it beside the model that `baseline` finds, if any."""
    transform = tfx.components.Transform(
        examples=embedded.examples,
        schema=embedded.schema,
        preprocessing_fn="modules.preprocessing.preprocessing_fn",
        disable_statistics=True,  # those of the raw data are there, and vectors have none worth a pass over the data
    )
    trainer = Trainer(
        run_fn="modules.trainer.run_fn",
        examples=transform.outputs["transformed_examples"],
        transform_graph=transform.outputs["transform_graph"],
        custom_config=config.trainer.model_dump(mode="json"),
    )
    resolver = _resolver(baseline, trainer.outputs["model"]) if baseline else None
    evaluator = tfx.components.Evaluator(
        examples=embedded.examples,
        model=trainer.outputs["model"],
        baseline_model=resolver.outputs["model"] if resolver else None,
        schema=embedded.schema,
        eval_config=make_eval_config(config.evaluator),
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
