"""Settings of search, and the weights that `vitrine.search.build.tuning` measures. Imports nothing heavy."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeFloat, PositiveFloat, PositiveInt

from vitrine.data.attributes.declaration import Attributes
from vitrine.encoders.settings import CrossEncoderSource


class LexicalSettings(BaseModel):
    """Settings of the lexical postings: BM25F, in which a word counts by the fields that have it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    enabled: bool = True
    """True if products are also found and scored by their words. The weight of the words is measured, and may be 0."""
    fields: dict[Literal["title", "description", "brand", "color", "category"], NonNegativeFloat] = {
        "title": 3.0,
        "description": 1.0,
        "brand": 2.0,
        "color": 1.0,
        "category": 1.0,
    }
    """The weight of an occurrence of a word in each field; fields with weight 0 or without one are left out."""
    k1: PositiveFloat = 1.2
    """Saturation: the weighted occurrences at which a word has half of its largest score."""
    b: float = Field(default=0.75, ge=0, le=1)
    """Share of the length of a field that its occurrences are divided by."""
    longest: PositiveInt = 65_536
    """Products of one word that a search reads: of more frequent words, those in which the word scores best."""


class CrossEncoderStage(CrossEncoderSource):
    """Settings of the last stage of text queries: a cross-encoder that reads the first candidates with the query."""

    candidates: PositiveInt = 10
    """Products of a query that it reads: those with the best scores. Each costs some milliseconds of a CPU core."""


class SearchSettings(BaseModel):
    """Settings of the index and of the number of candidates and results."""

    model_config = ConfigDict(extra="forbid")

    top_k: PositiveInt = 24
    """Results per query; fewer when the catalogue is smaller."""
    candidates: PositiveInt = 100
    """Most similar products that the classifier re-ranks; at least `top_k`."""
    index: Literal["auto", "exact", "ivf"] = "auto"
    """`auto` is exact below `ivf_from` products. From there on, inverted lists are faster, for batches, too."""
    ivf_from: PositiveInt = 30_000
    precision: Literal["float32", "bfloat16"] = "float32"
    """Precision of the stored vectors. Similarities of candidates are always computed in float32."""
    lists: PositiveInt | None = None
    """Number of inverted lists; by default about four times the square root of the number of products."""
    probes: PositiveInt | None = None
    """Lists probed per query; by default as many as `recall` needs, measured on the catalogue during the build."""
    links: int = Field(default=32, ge=0, le=256, multiple_of=2)
    """Links from a product to near ones, which a search follows from the lists that it probes; each takes 4 bytes. They
    are built where probing alone would read over 10,000 products; 0 for none."""
    recall: float = Field(default=0.99, gt=0, le=1)
    """Share of the exact top 10 that the index `ivf` must find for the sampled queries it is built with."""
    lexical: LexicalSettings = LexicalSettings()
    """The postings, which find products by their words, beside the index of vectors."""
    cross_encoder: CrossEncoderStage | None = None
    """A cross-encoder as the last stage; by default there is none."""
    diversity: float = Field(default=0.0, ge=0, le=1)
    """Diversity of the results (see `vitrine.search.model.diversity`), where a request to the gateway names none."""
    seed: int = 0

    def inverted(self, count: int) -> bool:
        """Return whether a catalogue of `count` products is searched by inverted lists."""
        return self.index == "ivf" or (self.index == "auto" and count >= self.ivf_from)

    def list_count(self, count: int) -> int:
        """Return the number of inverted lists for `count` products."""
        return min(self.lists or max(1, round(4 * count**0.5)), count)


class ProductionSettings(BaseModel):
    """Settings of `vitrine.search.build.production.produce`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    search: SearchSettings = SearchSettings()
    validation_share: float = Field(default=0.15, gt=0, lt=1)
    """Share of the train queries that the classifier's training held out; the blend is chosen on them."""
    image_root: str = ""
    """The start of relative paths of images; readers of the index find them there, too."""
    attributes: Attributes = Field(default={})
    """The products' further attributes."""


class Calibration(BaseModel):
    """Mean and standard deviation of the similarities of random query-product pairs of one kind."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: float = 0.0
    std: PositiveFloat = 1.0


class Fusion(BaseModel):
    """Calibrations and weights with which one kind of query is compared with the text and image of products."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Calibration = Calibration()
    image: Calibration = Calibration()
    text_weight: float = Field(default=0.5, ge=0, le=1)
    """Weight of the text for products that have text and image; the image has the rest."""
    slope: PositiveFloat = 1.0
    intercept: float = -3.0
    """`sigmoid(slope × similarity + intercept)` estimates the probability that a product is exact."""


class SearchWeights(BaseModel):
    """The weights that are measured rather than chosen, recorded in `index.json`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text_query: Fusion = Fusion()
    image_query: Fusion = Fusion(text_weight=0.25)
    lexical: NonNegativeFloat = 0.0
    """Log-odds of being exact for each unit of the lexical score of a text query."""
    coverage: NonNegativeFloat = 0.0
    """Log-odds of being exact for a product that has all words of a text query; some of them give a share of it."""
    features: tuple[float, ...] = ()
    """Log-odds of being exact for each unit of each of the classifier's lexical features; without any, none counts."""
    contradiction: NonNegativeFloat = 0.0
    """Log-odds of being exact that a product loses if its measurements contradict a text query: 250 ml for 450 ml."""
    blend: float = Field(default=0.5, ge=0, le=1)
    """Weight of the classifier in the score of a text query; similarity, words and features have the rest. Both are
    log-odds."""
    cross_encoder: float = Field(default=0.0, ge=0, le=1)
    """Weight of the last stage's cross-encoder in the score of the candidates that it reads. Both are log-odds."""

    @property
    def counts_words(self) -> bool:
        """True if the words of a text query count."""
        return self.lexical > 0 or self.coverage > 0
