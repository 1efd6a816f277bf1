"""What the user may say about search, and what `vitrine.search.tuning` measures. Imports nothing heavy."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, PositiveFloat, PositiveInt


class SearchSettings(BaseModel):
    """How candidates are found and how many come back."""

    model_config = ConfigDict(extra="forbid")

    top_k: PositiveInt = 24
    """Results per query; fewer when the catalogue is smaller."""
    candidates: PositiveInt = 100
    """Products by similarity that the classifier re-ranks; at least `top_k` are taken."""
    index: Literal["auto", "exact", "ivf"] = "auto"
    """`auto` is exact below `ivf_from` products: a matrix product is faster there than inverted lists."""
    ivf_from: PositiveInt = 50_000
    precision: Literal["float32", "bfloat16"] = "float32"
    """Of the stored vectors. Similarity of the candidates is computed in float32 in either case."""
    lists: PositiveInt | None = None
    """Inverted lists; by default about six times the square root of the number of products."""
    probes: PositiveInt | None = None
    """Lists searched per query; by default as many as `recall` needs, measured on the catalogue while building."""
    recall: float = Field(default=0.99, gt=0, le=1)
    """Share of the exact top 10 that the index `ivf` must find, on the sampled queries that it is built with."""
    seed: int = 0

    def inverted(self, count: int) -> bool:
        """Whether `count` products go into inverted lists."""
        return self.index == "ivf" or (self.index == "auto" and count >= self.ivf_from)

    def list_count(self, count: int) -> int:
        """How many inverted lists `count` products get."""
        return min(self.lists or max(1, round(6 * count**0.5)), count)


class ProductionSettings(BaseModel):
    """How `vitrine.search.production.produce` makes a search model."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    search: SearchSettings = SearchSettings()
    validation_share: float = Field(default=0.15, gt=0, lt=1)
    """Share of the train queries that the classifier's training held out; the blend is chosen on them."""
    image_root: str = ""
    """Where relative paths of images start; readers of the index find them there, too."""


class Calibration(BaseModel):
    """Mean and standard deviation of the similarities of random query-product pairs of one kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: float = 0.0
    std: PositiveFloat = 1.0


class Fusion(BaseModel):
    """How one kind of query is compared with the two sides of a product."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Calibration = Calibration()
    image: Calibration = Calibration()
    text_weight: float = Field(default=0.5, ge=0, le=1)
    """Share of the text side in products that have both; the picture has the rest."""
    slope: PositiveFloat = 1.0
    intercept: float = -3.0
    """`sigmoid(slope × similarity + intercept)` estimates the probability that a product is exact."""


class SearchWeights(BaseModel):
    """Everything that is measured rather than chosen; `index.json` beside the vectors records it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_query: Fusion = Fusion()
    image_query: Fusion = Fusion(text_weight=0.25)
    blend: float = Field(default=0.5, ge=0, le=1)
    """Share of the classifier in the score of a text query; similarity has the rest. Both count as log-odds."""
