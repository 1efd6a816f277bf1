"""The configuration of a run: one YAML file, validated before anything heavy is imported."""

from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, ValidationError, field_validator

from pipelines.overrides import read_settings
from vitrine.benchmark.settings import BenchmarkSettings
from vitrine.classifier.config import ClassifierConfig
from vitrine.data.columns import PRODUCT_TEXT
from vitrine.encoders.config import EncoderConfig
from vitrine.errors import ConfigError
from vitrine.evaluation.settings import EvaluationSettings
from vitrine.evaluation.thresholds import RetrievalThresholds
from vitrine.features.config import FeatureSettings
from vitrine.search.settings import SearchSettings


class Section(BaseModel):
    """A section of the file; keys it does not know are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DataConfig(Section):
    """Where the contract's files are."""

    dir: str
    """The folder that holds `catalogue/` and `judgements/`."""
    image_root: str = ""
    """Where relative image paths start; `<dir>/images` by default."""

    @property
    def images(self) -> str:
        """The image root in force."""
        return self.image_root or f"{self.dir.rstrip('/')}/images"


class EmbeddingConfig(Section):
    """How queries and products are encoded."""

    text_fields: tuple[str, ...] = ("title", "brand", "color", "category", "description")
    """Product columns that make up the product's text, in this order."""
    shards: PositiveInt = 1
    """Parts that are encoded independently, one worker each."""
    batch: PositiveInt = 256
    """Products read and encoded at a time."""

    @field_validator("text_fields")
    @classmethod
    def _are_columns(cls, fields: tuple[str, ...]) -> tuple[str, ...]:
        unknown = [field for field in fields if field not in PRODUCT_TEXT]
        if unknown or not fields:
            raise ValueError(f"expected some of {', '.join(PRODUCT_TEXT)}")
        return fields


class Config(Section):
    """One run."""

    name: str = Field(default="", pattern=r"^[a-z0-9_-]*$")
    """Names the pipeline and the default output directory; the file's own name by default."""
    data: DataConfig
    encoder: EncoderConfig = EncoderConfig()
    embedding: EmbeddingConfig = EmbeddingConfig()
    trainer: ClassifierConfig = ClassifierConfig()
    evaluator: EvaluationSettings = EvaluationSettings()
    search: SearchSettings = SearchSettings()
    retrieval: RetrievalThresholds = RetrievalThresholds()
    features: FeatureSettings = FeatureSettings()
    benchmark: BenchmarkSettings = BenchmarkSettings()


def load_config(path: Path, assignments: Iterable[str] = ()) -> Config:
    """Read and validate a configuration file, with its overrides.

    Raises ConfigError with one line naming the key, the value and what is allowed.
    """
    settings = read_settings(path, assignments)
    if not settings.get("name"):
        settings["name"] = path.stem
    try:
        return Config.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(f"{path}: {describe(error)}") from None


def describe(error: ValidationError) -> str:
    """Say the first thing that is wrong, and how many others there are."""
    problems = error.errors(include_url=False)
    first = problems[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        known = ", ".join(sorted(_section(first["loc"][:-1])))
        text = f"{key}: unknown key; known here: {known}"
    elif first["type"] == "missing":
        text = f"{key}: missing"
    elif first["type"] == "model_type":
        text = f"{key}: {first['input']!r} is not a section; known in it: {', '.join(sorted(_section(first['loc'])))}"
    else:
        # A rule over several keys says itself which values it means; its input is the whole section.
        value = "" if isinstance(first["input"], dict) else f"{first['input']!r} is not allowed: "
        text = f"{key}: {value}{first['msg'].removeprefix('Value error, ')}"
    return text + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")


def _section(location: tuple[int | str, ...]) -> list[str]:
    """Return the keys of the section at `location`."""
    model: type[BaseModel] = Config
    for part in location:
        annotation = model.model_fields[str(part)].annotation
        candidates = [annotation, *getattr(annotation, "__args__", ())]
        model = next(kind for kind in candidates if isinstance(kind, type) and issubclass(kind, BaseModel))
    return list(model.model_fields)
