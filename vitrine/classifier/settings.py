"""Settings of the ESCI classifier, passed as `custom_config` of the Trainer component. Imports nothing heavy."""

from typing import Literal

from pydantic import Field

from vitrine.encoders.settings import CrossEncoderSource
from vitrine.settings import Section
from vitrine.tracking.settings import TrackingSettings


class TeacherSettings(CrossEncoderSource):
    """A cross-encoder as a teacher: its probabilities of the labels become a part of the targets of training.

    It must not have been trained on the same judgements: it would repeat them.
    """

    weight: float = Field(0.5, gt=0, le=1, description="the teacher's part of the targets; the labels have the rest")


class ClassifierSettings(Section):
    """Model and training of the classifier. The defaults suit thousands of judgements."""

    model: Literal["pair", "query_only"] = Field(
        "pair", description="`pair` reads both sides; `query_only` is a floor, which sees the query's vector alone"
    )
    query_only_baseline: bool = Field(True, description="train the query-only model too and report it")
    projection: int = Field(32, ge=1, description="length to which the vectors are projected before they are compared")
    hidden: int = Field(32, ge=1, description="width of the hidden layer")
    scalar_dropout: float = Field(0.05, ge=0, lt=1, description="share of the scalar features dropped in training")
    vector_dropout: float = Field(0.65, ge=0, lt=1, description="share of the projected features dropped in training")
    category_dropout: float = Field(0.3, ge=0, lt=1, description="share of the category features dropped in training")
    hidden_dropout: float = Field(0.5, ge=0, lt=1, description="share of the hidden units dropped in training")
    loss: Literal["cross_entropy", "focal"] = Field("cross_entropy", description="loss over the four classes")
    focal_gamma: float = Field(2.0, ge=0, description="how strongly the focal loss discounts easy pairs")
    class_weights: Literal["none", "balanced", "sqrt"] = Field(
        "sqrt", description="weights of the classes: inverse frequency (`balanced`), its square root, or none"
    )
    teacher: TeacherSettings | None = Field(None, description="a cross-encoder to learn from besides the judgements")
    epochs: int = Field(80, ge=1, description="most passes over the training fold")
    batch_size: int = Field(256, ge=1, description="pairs a step")
    learning_rate: float = Field(3e-3, gt=0, description="AdamW's step size")
    weight_decay: float = Field(0.05, ge=0, description="AdamW's decoupled weight decay")
    patience: int = Field(6, ge=1, description="epochs without a lower validation loss before training stops")
    validation_share: float = Field(0.15, gt=0, lt=1, description="share of the training queries held out")
    calibrate: bool = Field(True, description="divide the logits by a temperature fitted on the validation fold")
    cache_megabytes: int = Field(2048, ge=0, description="largest training data that is kept in memory")
    seed: int = Field(7, ge=0, description="seed of weights, dropout and order")
    tracking: TrackingSettings = TrackingSettings()
    lineage: dict[str, str] = Field({}, description="names and ids to record, such as the run's id")
