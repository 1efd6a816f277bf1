"""Settings of the Evaluator and of the RetrievalEvaluator. Imports nothing heavy."""

from pydantic import Field

from vitrine.data import columns
from vitrine.evaluation.thresholds import RetrievalThresholds
from vitrine.settings import Section


class EvaluationSettings(Section):
    """Slices and margins of the Evaluator."""

    slices: tuple[str, ...] = Field(
        (columns.HAS_IMAGE, "category"), description="raw features whose values are reported as slices"
    )
    above_majority: float = Field(0.0, description="margin by which accuracy must exceed the majority class")
    tolerance: float = Field(
        0.01, ge=0, description="margin by which macro-F1 and nDCG@10 may fall below the last blessed model's"
    )


class CardSettings(Section):
    """The statements of a model card that no measurement gives."""

    name: str = ""
    """The run's name."""
    data_source: str = ""
    """The origin of the catalogue and of its judgements."""
    data_license: str = ""
    """The licence of both."""
    encoder: str = ""
    """The source of the encoder, as in `encoder.source`."""
    searches_images: bool = False
    """True if the encoder reads images."""


class AssessmentSettings(Section):
    """Settings of `vitrine.evaluation.assessment.assess`, and of the model card."""

    thresholds: RetrievalThresholds = RetrievalThresholds()
    image_root: str = ""
    """The start of relative image paths."""
    card: CardSettings = CardSettings()
