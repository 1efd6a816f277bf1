"""Settings of the training of encoders. Imports nothing heavy."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, PositiveFloat, PositiveInt, Tag

Decay = Literal["linear", "cosine"]
"""The fall of the step size to 0 after the warm-up."""


class NoTraining(BaseModel):
    """A pretrained encoder that is used as it is."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["none"] = "none"


class ClipTrainingSettings(BaseModel):
    """Training of a CLIP from scratch on a catalogue."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["scratch"] = "scratch"
    epochs: PositiveInt = 20
    batch_size: int = Field(default=64, ge=2)
    learning_rate: PositiveFloat = 1e-3
    weight_decay: float = Field(default=0.1, ge=0)
    warmup_share: float = Field(default=0.1, ge=0, lt=1)
    validation_share: float = Field(default=0.1, gt=0, lt=1)
    seed: int = 0


class TuningSchedule(BaseModel):
    """The schedule of further training of a pretrained encoder."""

    model_config = ConfigDict(extra="forbid")

    epochs: PositiveInt = 2
    batch_size: int = Field(64, ge=2)
    learning_rate: PositiveFloat = Field(5e-5, description="AdamW's highest step size")
    layer_decay: float = Field(1.0, gt=0, le=1, description="step size of a layer as a share of the layer's above")
    frozen_layers: int = Field(0, ge=0, description="lowest layers of a transformer that keep their weights")
    train_words: bool = Field(False, description="train the word vectors too, so that rare words stay as they were")
    weight_decay: float = Field(0.01, ge=0, description="AdamW's decoupled weight decay, of kernels only")
    warmup_share: float = Field(0.1, ge=0, lt=1, description="share of the steps in which the step size grows")
    decay: Decay = Field("linear", description="fall of the step size to 0 after the warm-up")
    clip_norm: PositiveFloat = Field(1.0, description="bound on the gradients' joint norm")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of the units dropped in training")
    chunk: PositiveInt | None = Field(None, description="texts or images in memory at a time; null for a whole batch")
    validation_share: float = Field(0.15, gt=0, lt=1, description="share of the queries or products held out")
    checkpoint_steps: PositiveInt = Field(100, description="steps after which the state is saved, for a killed run")
    seed: int = Field(0, ge=0, description="seed of the order, of what is drawn, and of dropout")


class JudgementTuningSettings(TuningSchedule):
    """Tuning on judged pairs. The defaults suit thousands of queries."""

    mode: Literal["judgements"] = "judgements"
    batch_size: int = Field(64, ge=2, description="queries a step; each is compared with the products of all")
    judged: int = Field(2, ge=0, description="judged products of a query in a step, beside the one drawn by gain")
    mined: int = Field(1, ge=0, description="unjudged products of a query in a step that the encoder finds similar")
    mined_bm25: int = Field(0, ge=0, description="unjudged products of a query in a step that BM25 finds")
    temperature: PositiveFloat = Field(0.05, description="of the softmax of texts at the start; it is learned")
    validation_products: PositiveInt = Field(10_000, description="products that held-out queries search, at least")


class ContrastiveTuningSettings(TuningSchedule):
    """Tuning of an encoder of texts and images on the texts of products and their images."""

    mode: Literal["contrastive"] = "contrastive"
    epochs: PositiveInt = 5
    batch_size: int = Field(256, ge=2, description="products a step; each is told from all others")
    chunk: PositiveInt | None = Field(32, description="products in memory at a time; null for a whole batch")
    learning_rate: PositiveFloat = Field(1e-5, description="AdamW's highest step size")
    weight_decay: float = Field(0.1, ge=0, description="AdamW's decoupled weight decay, of kernels only")
    short_views: float = Field(0.3, ge=0, le=1, description="share of the texts that are a few words, as queries are")
    augment: bool = Field(True, description="change images slightly: mirrored, shifted, turned, lighter or darker")
    validation_share: float = Field(0.2, gt=0, lt=1, description="share of the products held out")
    validation_products: int = Field(4_000, ge=20, description="products of them that choose and decide, at most")


class CombinedTuningSettings(BaseModel):
    """Tuning on texts and images of products, then on judged pairs."""

    model_config = ConfigDict(extra="forbid")

    mode: Literal["both"] = "both"
    contrastive: ContrastiveTuningSettings = ContrastiveTuningSettings()
    judgements: JudgementTuningSettings = JudgementTuningSettings()

    @property
    def epochs(self) -> int:
        """Epochs of both."""
        return self.contrastive.epochs + self.judgements.epochs


TuningSettings = JudgementTuningSettings | ContrastiveTuningSettings | CombinedTuningSettings
"""The settings of the modes that tune a pretrained encoder."""


MODES: Final = ("none", "scratch", "judgements", "contrastive", "both")
DEFAULT: Final = "scratch"


def _mode(value: object) -> str | None:
    mode = value.get("mode", DEFAULT) if isinstance(value, dict) else getattr(value, "mode", None)
    return mode if isinstance(mode, str) else None


TrainingSettings = Annotated[
    Annotated[NoTraining, Tag("none")]
    | Annotated[ClipTrainingSettings, Tag("scratch")]
    | Annotated[JudgementTuningSettings, Tag("judgements")]
    | Annotated[ContrastiveTuningSettings, Tag("contrastive")]
    | Annotated[CombinedTuningSettings, Tag("both")],
    Discriminator(
        _mode, custom_error_type="mode", custom_error_message=f"expected a section with a mode: {', '.join(MODES)}"
    ),
]
"""The settings of a mode of training."""
