"""The stage of the category head, beside that of the classifier."""

from dataclasses import dataclass

from tfx.dsl.components.base.base_node import BaseNode
from tfx.types import BaseChannel

from components.trainer import Trainer
from pipelines.settings import RunSettings
from pipelines.stages.embed import Embedded

TRAIN = "train"


@dataclass(frozen=True)
class Categorized:
    """The category head, and its training, if this run made it."""

    head: BaseChannel
    nodes: tuple[BaseNode, ...]
    run: BaseChannel | None = None


def categorize(settings: RunSettings, embedded: Embedded) -> Categorized:
    """Train the category head on the vectors of products and of train queries, or write why there is none."""
    trainer = Trainer(
        run_fn="modules.category_trainer.run_fn",
        examples=embedded.examples,
        splits=(TRAIN, TRAIN),
        custom_config={
            "categories": settings.categories.model_dump(mode="json"),
            "text_fields": settings.embedding.text_fields,
            "image_root": settings.data.images,
            "precision": settings.encoder.precision,
            "tracking": settings.trainer.tracking.model_dump(mode="json"),
        },
        embeddings={"query_embeddings": embedded.queries, "product_embeddings": embedded.products},
        base_model=embedded.encoder,
    ).with_id("CategoryTrainer")
    return Categorized(trainer.outputs["model"], (trainer,), trainer.outputs["model_run"])
