"""The answers to searches."""

from typing import Literal

from pydantic import BaseModel, Field

from vitrine.gateway.schemas.facets import Facets
from vitrine.gateway.schemas.products import Result
from vitrine.gateway.schemas.values import Kind


class Change(BaseModel):
    """One change of a query by rewriting."""

    kind: str
    before: str
    after: str


class Rewritten(BaseModel):
    """The query after rewriting, with its changes."""

    query: str
    source: str
    changes: list[Change]


class Constraint(BaseModel):
    """A filter that words of the query express; `"interpret": false` searches for the words instead."""

    words: str = Field(description="The words of the query, which are not searched for.")
    kind: Literal["price", "exclusion"]
    price_min: float | None = Field(default=None, description="The lowest price; null if there is no such bound.")
    price_max: float | None = Field(default=None, description="The highest price; null if there is no such bound.")
    field: Literal["color", "brand", "category", "text"] | None = Field(
        default=None, description="The attribute that may not have the value; `text` for words of titles and texts."
    )
    value: str | None = Field(default=None, description="The excluded value.")


class Route(BaseModel):
    """The catalogues that were searched, and the reason for the choice."""

    catalogues: list[str]
    reason: Literal["named", "only", "routed", "all", "experiment"]


class Exposure(BaseModel):
    """The experiment and arm that a request was part of."""

    name: str
    arm: str
    mode: Literal["forced", "best", "split", "interleave"]


class PredictedCategory(BaseModel):
    """A category that the query may ask for, or that its image may show."""

    category: str
    probability: float = Field(description="The probability in (0, 1] among all categories that the model knows.")


class Dropped(BaseModel):
    """A condition of a search that nothing fulfils together with the others."""

    kind: Literal["filter", "words", "score"] = Field(
        description="A filter of the request, words of the query that became a filter, or `min_score`."
    )
    field: str | None = Field(
        default=None,
        description="The attribute of the filter or of the words, `in_stock`, or `text`; null for a score.",
    )
    words: str | None = Field(default=None, description="The words of the query, for the kind `words`.")


class Nearby(BaseModel):
    """Results near to a search that has found nothing: those without some of its conditions."""

    dropped: list[Dropped] = Field(description="The conditions that were left out, as few as possible.")
    total: int = Field(description="The number of results without them.")
    results: list[Result] = Field(description="The first of them, at most `k`.")


class SearchResponse(BaseModel):
    """The ranked results of a search."""

    request_id: str = Field(description="The id of this search, to be sent with feedback.")
    kind: Kind
    query: str
    rewritten: Rewritten | None = Field(description="Null if the query was not changed.")
    constraints: list[Constraint] = Field(description="The filters that words of the query express.")
    categories: list[PredictedCategory] = Field(
        description="The categories with a probability of at least 0.05, the most probable first, at most five; of "
        "several catalogues, those of the best answer. Empty if the model has no category head, for similar products, "
        "and if the query appears to contain no words."
    )
    route: Route
    versions: dict[str, int] = Field(description="The model version of each catalogue that was searched.")
    diversity: dict[str, float] = Field(
        description="The diversity that each catalogue's results are ordered with; 0 is the order of the scores."
    )
    experiment: Exposure | None = None
    junk: bool = Field(
        description="True if the query appears to contain no words, or to show no product; there are then no results."
    )
    message: str | None = Field(default=None, description="A message for the shopper, if there is one.")
    rules: list[str] = Field(default=[], description="The names of the rules of merchandising that apply.")
    redirect: str | None = Field(
        default=None, description="A web address, or a path at the shop's site, that a rule leads the shopper to."
    )
    total: int = Field(description="The number of results on all pages.")
    matching: int | None = Field(
        default=None,
        description="The number of products that have all words of the query, in any form, in title, brand, colour or "
        "category, and pass the filters: the results are the best of them and of what is similar. Null for images and "
        "similar products, and with `min_score`.",
    )
    offset: int
    took_ms: float
    results: list[Result]
    nearby: Nearby | None = Field(
        default=None,
        description="If conditions of the search leave no result, what is near. Null for a query that means nothing.",
    )
    facets: Facets | None = None


class LegacyResponse(BaseModel):
    """The response to an older client."""

    results: list[Result]
