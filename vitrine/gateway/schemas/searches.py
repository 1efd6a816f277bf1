"""The bodies of searches, and the orders of results."""

import re
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, Field, WithJsonSchema, model_validator

from vitrine.data.attributes.declaration import NAME
from vitrine.gateway.modifiers import Modifiers
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.schemas.values import Integer, Query, Request, Share

MAX_EXPLAINED: Final = 24
"""Maximum number of results whose words are explained in one request."""
NamedSort = Literal["relevance", "price_asc", "price_desc", "newest", "popularity"]
SORTS: Final[tuple[NamedSort, ...]] = get_args(NamedSort)
_BY_ATTRIBUTE: Final = NAME.removesuffix("$") + ":(asc|desc)$"


def _is_sort(text: str) -> str:
    if text not in SORTS and not re.search(_BY_ATTRIBUTE, text):
        raise ValueError(f"is none of {', '.join(SORTS)}, nor an attribute and its direction, such as weight:asc")
    return text


Sort = Annotated[
    str,
    AfterValidator(_is_sort),
    WithJsonSchema({"anyOf": [{"enum": list(SORTS), "type": "string"}, {"pattern": _BY_ATTRIBUTE, "type": "string"}]}),
]


class PageRequest(Request):
    """One page of the results of a search."""

    k: Integer = Field(default=24, ge=1, le=100, description="Number of results.")
    offset: Integer = Field(default=0, ge=0, le=10_000, description="Number of results to skip.")
    min_score: Share = Field(default=0.0, description="Exclude results with a lower score.")
    filters: Filters = Filters()
    sort: Sort = Field(
        default="relevance",
        description="The order of the results: by name, or by an attribute of the catalogue, such as `weight:asc` or "
        "`weight:desc`. Any other order than by relevance is that of the relevant results; the others are left out. "
        "Results with an unknown value come last.",
    )
    diversity: Share | None = Field(
        default=None,
        description="From 0, the order of the scores, to 1, in which each result is as unlike those before it as "
        "possible. By default it is the catalogue's own. It has no effect if the results are sorted otherwise than by "
        "relevance.",
    )
    modifiers: Modifiers | None = Field(
        default=None,
        description="Weights of `popularity`, `price`, `stock` and further numbers and times, such as "
        '`{"popularity": 0.5}`: among all products, the one with the highest number moves up by this many standard '
        "deviations of the comparable score, the one with the lowest down. By default they are the gateway's own. They "
        "have no effect if the results are sorted otherwise than by relevance.",
        examples=[{"popularity": 0.5, "price": -0.1}],
    )
    group: bool = Field(
        default=True,
        description="Return the variants of one product as one result, where the catalogue's attributes group them.",
    )
    facets: bool = Field(
        default=False,
        description="Count the brands, colours, categories and attributes of all results; for a filtered field, "
        "of the results without that filter.",
    )

    @property
    def ranked_diversity(self) -> float | None:
        """The diversity to rank with: none if the results are sorted, or None for the catalogue's own."""
        return self.diversity if self.sort == "relevance" else 0.0


class SearchRequest(PageRequest):
    """A text search."""

    query: Query = Field(min_length=1, examples=["red checked mug"])
    rewrite: bool = Field(default=True, description="Allow the query to be rewritten.")
    interpret: bool = Field(
        default=True, description="Allow words about prices (`under 20`) and negations (`not red`) to become filters."
    )
    anyway: bool = Field(default=False, description="Return results even if the query appears to contain no words.")
    explain: bool = Field(
        default=False,
        description=f"Return the share of each word in each result's score, for at most {MAX_EXPLAINED} results.",
    )

    @model_validator(mode="after")
    def _explains_few(self) -> "SearchRequest":
        if self.explain and self.k > MAX_EXPLAINED:
            raise ValueError(f"with explain, k is at most {MAX_EXPLAINED}")
        return self


class LegacyRequest(Request):
    """A text search by an older client."""

    query: Query = Field(min_length=1)
    top_k: Integer = Field(default=24, ge=1, le=100)
