"""The settings of a run: one YAML file, validated before anything heavy is imported."""

from collections.abc import Iterable
from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveInt, field_validator

from pipelines.beam.settings import BeamSettings
from pipelines.platform_settings import PlatformSettings
from vitrine.audit.settings import AuditSettings
from vitrine.benchmark.settings import BenchmarkSettings
from vitrine.categories.settings import CategorySettings
from vitrine.classifier.settings import ClassifierSettings
from vitrine.data.attributes.declaration import MAX_CURRENCY, Attributes
from vitrine.data.columns import PRODUCT_TEXT
from vitrine.data.contract.refresh_settings import RefreshSettings
from vitrine.data.contract.spans import check_window
from vitrine.encoders.settings import EncoderSettings
from vitrine.evaluation.settings import EvaluationSettings
from vitrine.evaluation.thresholds import RetrievalThresholds
from vitrine.features.settings import FeatureSettings
from vitrine.search.settings import SearchSettings
from vitrine.settings import Section, read_settings, validate


class DataSettings(Section):
    """The location of the contract's files."""

    dir: str
    """The folder that holds `catalogue/` and `judgements/`."""
    image_root: str = ""
    """The start of relative image paths; `<dir>/images` by default."""
    spans: str | None = None
    """The window of spans to read, `all` or `last N`; None for folders without spans. See
    `vitrine.data.contract.spans`."""

    attributes: Attributes = Field(default={})
    """Further columns of the catalogue by name, each with its type: `text`, `keyword`, `list`, `number`, `boolean` or
    `time`, or with more: `weight: {type: number, unit: kg}`. See `vitrine.data.attributes`."""
    currency: str = Field(default="", max_length=MAX_CURRENCY)
    """The code or sign of the currency of prices that have none in the catalogue's column `currency`."""

    source: str = ""
    """The origin of the data, for the model card, such as the name and the version of a dataset."""
    license: str = ""
    """The licence of the data, for the model card."""

    drift: Literal["warn", "stop", "off"] = "warn"
    """The reaction of a run to columns that are distributed otherwise than in the served model's data, beyond the
    thresholds of `modules/schemas`; on platforms without resolvers, nothing is compared."""

    @field_validator("spans")
    @classmethod
    def _is_a_window(cls, window: str | None) -> str | None:
        return check_window(window)

    @property
    def images(self) -> str:
        """The image root, with its default."""
        return self.image_root or f"{self.dir.rstrip('/')}/images"


class EmbeddingSettings(Section):
    """The encoding of queries and products."""

    text_fields: tuple[str, ...] = ("title", "brand", "color", "category", "description")
    """Product columns that make up the product's text, in this order."""
    shards: PositiveInt | None = None
    """Parts that are encoded independently, by one worker each; by default as many as Beam's runner has workers."""
    batch: PositiveInt = 256
    """Products that are read and encoded at a time."""

    @field_validator("text_fields")
    @classmethod
    def _are_columns(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [field for field in fields if field not in PRODUCT_TEXT]
        if unknown or not fields:
            raise ValueError(f"expected some of {', '.join(PRODUCT_TEXT)}")
        return fields


class RunSettings(Section):
    """All settings of a run."""

    name: str = Field(default="", pattern=r"^[a-z0-9_-]*$")
    """Names the pipeline and the default output directory; the file's name by default."""
    data: DataSettings
    encoder: EncoderSettings = EncoderSettings()
    embedding: EmbeddingSettings = EmbeddingSettings()
    trainer: ClassifierSettings = ClassifierSettings()
    evaluator: EvaluationSettings = EvaluationSettings()
    categories: CategorySettings = CategorySettings()
    search: SearchSettings = SearchSettings()
    retrieval: RetrievalThresholds = RetrievalThresholds()
    refresh: RefreshSettings = RefreshSettings()
    features: FeatureSettings = FeatureSettings()
    benchmark: BenchmarkSettings = BenchmarkSettings()
    audit: AuditSettings = AuditSettings()
    beam: BeamSettings = BeamSettings()
    platform: PlatformSettings = PlatformSettings()


def load_run_settings(path: Path, assignments: Iterable[str] = ()) -> RunSettings:
    """Read and validate a configuration file, with its overrides.

    Raises ConfigError with one line naming the key, the value and what is allowed.
    """
    settings = read_settings(path, assignments)
    if not settings.get("name"):
        settings["name"] = path.stem
    return validate(RunSettings, settings, path)
