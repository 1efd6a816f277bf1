"""The explanation of a decision, as programs read it: every stage's verdict on one product for one query."""

from pydantic import BaseModel, Field

from vitrine.gateway.schemas.answers import Constraint, Rewritten


class Interpreted(BaseModel):
    """The query as it is searched for."""

    searched: str = Field(description="The words that are searched for.")
    rewritten: Rewritten | None = Field(description="The words that were replaced; null without any.")
    constraints: list[Constraint] = Field(description="The filters that words of the query express.")
    junk: bool = Field(description="True if the query appears to mean nothing here; it then has no results.")


class Word(BaseModel):
    """A word of the query, as it is analysed."""

    word: str
    worth: float = Field(description="Its inverse document frequency; 0 if the catalogue does not have it.")
    score: float = Field(description="Its share of the product's lexical score; 0 if the product does not have it.")


class RankedSimilarity(BaseModel):
    """The similarity of the query to the product's text, its image, or both."""

    similarity: float | None = Field(description="In standard deviations above a random pair; null without the side.")
    rank: int | None = Field(description="The exact rank among all products that pass; null without the side.")


class Lexical(BaseModel):
    """The words that query and product share."""

    words: list[Word]
    score: float = Field(description="The lexical score (BM25F).")
    coverage: float = Field(description="The share of what the words are worth that the product has, in [0, 1].")
    rank: int | None = Field(description="The exact rank among all products that pass; null without a shared word.")


class Candidate(BaseModel):
    """The product among the candidates, which are found by similarity, by words and by id."""

    found_by: list[str] = Field(description="The sources that found it: similarity, words, id.")
    log_odds: float = Field(description="Of being exact, by similarity, words and id.")
    lowest: float = Field(description="The log-odds of the last candidate.")
    rank: int | None = Field(description="The rank among the candidates; null if it is none.")


class Classifier(BaseModel):
    """The probabilities of the labels, and the expected gain."""

    esci: dict[str, float] = Field(description="The probability of each label: E, S, C and I.")
    gain: float


class LastStage(BaseModel):
    """The cross-encoder, which reads the first candidates."""

    read: bool = Field(description="True if it reads this product.")
    gain: float = Field(description="The expected gain that it gives, or would give.")
    share: float = Field(description="Its share of the score of what it reads.")


class Stages(BaseModel):
    """The results of each stage for one product."""

    product_id: str
    title: str
    text: RankedSimilarity
    image: RankedSimilarity
    similarity: RankedSimilarity
    lexical: Lexical
    contradiction: float = Field(description="The log-odds that are lost by contradicting measurements.")
    candidate: Candidate
    classifier: Classifier
    blended_rank: int | None = Field(description="The rank by the blended score; null if it is no candidate.")
    last_stage: LastStage | None = Field(description="Null if the model has none.")
    parts: dict[str, float] = Field(description="The summands of the log-odds of the score, by stage.")
    log_odds: float = Field(description="Their sum.")
    score: float
    esci: dict[str, float]
    rank: int | None = Field(description="The rank in the results; null if it is not among them.")


class NeededChange(BaseModel):
    """A change of this product alone, or of the query, that would make it the first result, or would not suffice."""

    part: str = Field(description="The stage that would change.")
    now: float | None = Field(default=None, description="The present value, if it is a number.")
    needed: float | None = Field(default=None, description="The smallest value that suffices; null if none does.")
    suffices: bool = Field(description="Whether such a change makes the product the first result.")
    text: str


class Decision(BaseModel):
    """Every stage's verdict on one product for one query, and what would have to change for it to rank first."""

    query: str
    catalogue: str
    version: int
    diversity: float
    interpretation: Interpreted
    exclusions: list[str] = Field(description="The reasons that the product may not be shown; empty if it may.")
    total: int = Field(description="The number of results.")
    product: Stages
    first: Stages | None = Field(description="The first result; null if there is none, or if it is this product.")
    decided_by: str | None = Field(description="The stage that keeps the product from the first place.")
    changes: list[NeededChange]
