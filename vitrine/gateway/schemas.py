"""Request and response bodies of the gateway's API; its OpenAPI schema is generated from them."""

import math
import re
from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    FiniteFloat,
    StringConstraints,
    Tag,
    WithJsonSchema,
    model_validator,
)

from vitrine.data.attributes.declaration import NAME, Type
from vitrine.data.attributes.times import milliseconds
from vitrine.gateway.modifiers import Modifiers
from vitrine.monitoring.figures import QueryFigures, Rising

MAX_QUERY: Final = 1000
"""Characters of the longest query."""
MAX_VALUES: Final = 50
"""Maximum number of values of one filter."""

MAX_EXPLAINED: Final = 24
"""Maximum number of results whose words are explained in one request."""
MAX_VARIANTS: Final = 20
"""Maximum number of other variants of a result."""
MAX_OFFERS: Final = 20_000
"""Maximum number of products in one change of offers."""

Facet = Literal["brand", "color", "category"]
FACETS: Final[tuple[Facet, ...]] = ("brand", "color", "category")
MAX_CONDITIONS: Final = 20
"""Maximum number of attributes that one request filters by."""
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
Kind = Literal["text", "image", "both", "similar"]
Label = Literal["E", "S", "C", "I"]
Placement = Literal["pinned", "boosted", "buried"]
Query = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_QUERY)]
Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# JSON Schema's integers include 3.0.
_INTEGRAL: Final = BeforeValidator(
    lambda value: int(value) if isinstance(value, float) and value.is_integer() else value
)
Integer = Annotated[int, _INTEGRAL]
Price = Annotated[FiniteFloat, Field(ge=0, le=1e15)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


def _is_nothing(value: object) -> bool:
    """Return whether a field is left out: clients see no difference where a catalogue has no attributes."""
    return not value


class Request(BaseModel):
    """The base of request bodies: unknown keys and values of another type are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


def _is_time(text: str) -> str:
    milliseconds(text)
    return text


AttributeName = Annotated[str, StringConstraints(pattern=NAME)]


def _kind(value: object) -> str | None:
    """Return which of the kinds of conditions and bounds a value is, so that errors are about that kind alone."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, str):
        return "text"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, dict | Range):
        return "range"
    return "values" if isinstance(value, list) else None


_BY_KIND: Final = Discriminator(
    _kind, custom_error_type="condition", custom_error_message="is of a kind that has no meaning here"
)
Bound = Annotated[
    Annotated[FiniteFloat, Tag("number")] | Annotated[str, AfterValidator(_is_time), Tag("text")], _BY_KIND
]
AttributeValue = bool | int | float | str | list[str]


class Range(Request):
    """A range of numbers or of times; both ends belong to it."""

    min: Bound | None = Field(default=None, description="A number, or a time in ISO 8601.")
    max: Bound | None = Field(default=None, description="The same; a date stands for its end.")

    @property
    def is_of_times(self) -> bool:
        """True if the ends are times."""
        return isinstance(self.min, str) or isinstance(self.max, str)

    @property
    def bounds(self) -> tuple[float, float]:
        """The lowest and the highest number; times are in milliseconds since 1970."""
        low = milliseconds(self.min) if isinstance(self.min, str) else self.min
        high = milliseconds(self.max, at_end=True) if isinstance(self.max, str) else self.max
        return -math.inf if low is None else low, math.inf if high is None else high

    @model_validator(mode="after")
    def _is_a_range(self) -> "Range":
        ends = [end for end in (self.min, self.max) if end is not None]
        if not ends:
            raise ValueError("a range has a min, a max, or both")
        if len({isinstance(end, str) for end in ends}) > 1:
            raise ValueError("min and max are both numbers or both times")
        if self.bounds[0] > self.bounds[1]:
            raise ValueError("min is greater than max")
        return self


Values = Annotated[list[Value | FiniteFloat], Field(min_length=1, max_length=MAX_VALUES)]
AttributeFilter = Annotated[
    Annotated[bool, Tag("boolean")] | Annotated[Range, Tag("range")] | Annotated[Values, Tag("values")], _BY_KIND
]


class Filters(Request):
    """Conditions on the attributes of products: any of the values of a field, and all fields together."""

    brand: list[Value] = Field(default=[], max_length=MAX_VALUES, description="Brands; case is ignored.")
    category: list[Value] = Field(
        default=[], max_length=MAX_VALUES,
        description="Categories; `kitchen` also matches `Kitchen > Mugs`, which is below it.",
    )  # fmt: skip
    color: list[Value] = Field(
        default=[], max_length=MAX_VALUES, description="Colours; `yellow` also matches `sunshine yellow`."
    )
    price_min: Price | None = Field(default=None, description="Products without a price are excluded.")
    price_max: Price | None = Field(default=None, description="Products without a price are excluded.")
    in_stock: bool = Field(default=False, description="Exclude products whose stock is 0; an unknown stock passes.")
    attributes: dict[AttributeName, AttributeFilter] = Field(
        default={},
        exclude_if=_is_nothing, max_length=MAX_CONDITIONS,
        description="Conditions on the catalogue's further attributes: any of some values, a range, or true or false. "
        "Products without a value are excluded.",
        json_schema_extra={"propertyNames": {"pattern": NAME}},
        examples=[{"size": ["S", "M"], "weight": {"min": 1, "max": 2.5}, "waterproof": True}],
    )  # fmt: skip

    @property
    def is_empty(self) -> bool:
        """True if every product passes."""
        return not (self.active_fields() or self.in_stock)

    def active_fields(self) -> list[str]:
        """Return the fields with facets that have a condition: columns of the catalogue, `price`, and attributes."""
        prices = ("price",) if (self.price_min, self.price_max) != (None, None) else ()
        return [*(name for name in FACETS if getattr(self, name)), *prices, *self.attributes]

    def without(self, field: str) -> "Filters":
        """Return a copy without the condition on one of the `active_fields`."""
        if field in self.attributes:
            others = {name: condition for name, condition in self.attributes.items() if name != field}
            return self.model_copy(update={"attributes": others})
        cleared: Mapping[str, list[str] | None] = (
            {"price_min": None, "price_max": None} if field == "price" else {field: []}
        )
        return self.model_copy(update=cleared)

    @model_validator(mode="after")
    def _are_a_range(self) -> "Filters":
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError("price_min is greater than price_max")
        return self


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


class FeedbackRequest(Request):
    """A shopper's click or purchase of a result."""

    request_id: Identifier = Field(description="The `request_id` in the search's response.")
    product_id: Identifier
    kind: Literal["click", "purchase"]
    position: Annotated[int, Field(ge=1, le=10_000), _INTEGRAL] | None = Field(
        default=None, description="The rank of the result, from 1."
    )


class OfferChange(Request):
    """A change of one product. An absent key changes nothing; null withdraws a value: the catalogue's applies again."""

    model_config = ConfigDict(extra="allow", strict=True)
    __pydantic_extra__: dict[str, float | int | str | None]

    product_id: Identifier
    price: Price | None = None
    stock: Annotated[int, Field(ge=0, le=10**15), _INTEGRAL] | None = None
    popularity: Price | None = None
    hidden: bool | None = Field(default=None, description="True removes the product from every answer.")


class OffersRequest(Request):
    """Changes of products, which take effect together or not at all."""

    products: list[OfferChange] = Field(min_length=1, max_length=MAX_OFFERS)


class OffersResponse(BaseModel):
    """The acknowledgement of changes that this gateway shows now."""

    update: int = Field(description="The number of the update.")
    products: int = Field(description="The number of changed products.")
    unknown: int = Field(description="The number of them that are not served; they are kept for later versions.")
    first_unknown: str | None


class SynonymRequest(Request):
    """Words of queries that are to be replaced."""

    words: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="The words to replace, one to five."
    )
    replacement: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)] = Field(
        description="The words that replace them, one to five."
    )


class Insights(BaseModel):
    """The queries of the event log's last days, compared with the days before."""

    since: float = Field(description="The start of the days, in seconds since 1970.")
    until: float = Field(description="Their end.")
    searches: int = Field(description="The number of searches with words, of first pages.")
    top: list[QueryFigures] = Field(description="The queries of most users.")
    no_result: list[QueryFigures] = Field(description="The queries without results.")
    no_click: list[QueryFigures] = Field(description="Queries with results that are clicked less than others.")
    rising: list[Rising] = Field(description="The queries whose share of users rose.")
    rising_words: list[Rising] = Field(description="The words whose share of users rose.")
    takes_synonyms: bool = Field(description="True if `POST /synonyms` can add synonyms.")
    takes_rules: bool = Field(description="True if `PUT /rules` can change the rules of merchandising.")


class WordShare(BaseModel):
    """The share of a word of the query in a result's score."""

    word: str = Field(description="A word of the query as it was searched for.")
    share: float = Field(
        description="Its Shapley value in log-odds of the score: above 0 it spoke for the product, below 0 against it. "
        "The shares add up to the log-odds of the score less those of a search without words."
    )


class Reason(BaseModel):
    """The reason that a product was found."""

    by_text: float | None = Field(
        description="Similarity to the product's text, in standard deviations above a random pair; null without text."
    )
    by_image: float | None = Field(description="The same for the product's image; null without an image.")
    words: list[str] = Field(description="Words of the query that the product's texts contain.")
    shares: list[WordShare] | None = Field(
        default=None, description="The share of each word of the query; null unless the request asked to explain."
    )
    modifiers: dict[str, float] = Field(
        default={},
        description="What each modifier has moved the product by, in standard deviations of the comparable score.",
    )
    summary: str = Field(description="The reason in one sentence.")


class Region(BaseModel):
    """A part of an image, as shares of its width and height, from the top left."""

    left: float
    top: float
    width: float
    height: float


class ImageRelevance(BaseModel):
    """The patches of an image that speak for a similarity."""

    patches: list[list[float]] = Field(
        description="The share of each patch, row by row from the top left; they sum to 1, or to 0 if none counts."
    )
    region: Region = Field(description="The part of the image that the patches cover; the model sees no more of it.")
    similarity: float = Field(description="The similarity of the vectors, in [-1, 1].")


class Explanation(BaseModel):
    """The words of a query and the parts of images that spoke for a product."""

    catalogue: str
    product_id: str
    words: list[WordShare] = Field(description="The share of each word of the query; empty without words.")
    product_image: ImageRelevance | None = Field(
        description="The patches of the product's image that are similar to the query; null if it has no image here, "
        "or if the model encodes no images."
    )
    query_image: ImageRelevance | None = Field(
        description="The patches of the query's image that are similar to the product's image; null without either."
    )


class Product(BaseModel):
    """A product of a catalogue."""

    catalogue: str
    product_id: str
    title: str
    description: str
    brand: str
    color: str
    category: str
    category_predicted: bool = Field(
        description="True if the catalogue has no category for the product, and this one is predicted with a "
        "probability of at least 0.5. Filters and facets use it as they use the others."
    )
    price: float | None
    stock: int | None = Field(default=None, description="The number of pieces; null if it is unknown.")
    popularity: float | None = Field(default=None, description="The shop's own measure; null if it is unknown.")
    currency: str | None = Field(
        default=None, exclude_if=_is_nothing, description="The currency of the price; absent if it is unknown."
    )
    attributes: dict[str, AttributeValue] = Field(
        default={},
        description="Further attributes that the shop has declared, where the product has a value; times in ISO 8601.",
    )
    units: dict[str, str] = Field(
        default={},
        exclude_if=_is_nothing,
        description="The units of those attributes that have one; absent if none has.",
    )
    image_url: str | None = Field(description="The path of the product's image at the gateway; null without an image.")


class GroupedProduct(Product):
    """A product with the other variants of it."""

    variants: list[Product] = Field(
        default=[],
        exclude_if=_is_nothing,
        description=f"Other variants of the product, which need not match, at most {MAX_VARIANTS}; absent without.",
    )
    variant_count: int = Field(default=1, description="The number of variants of the product, itself included.")


class Result(GroupedProduct):
    """A product in the answer to a search."""

    rank: int = Field(description="The rank from 1, over all pages.")
    score: float = Field(description="In (0, 1): the estimated probability that the product matches the query.")
    comparable: float = Field(
        description="The score's log-odds in standard deviations above random pairs of its catalogue; results of "
        "several catalogues are ordered by it."
    )
    label: Label = Field(description="The most probable ESCI label.")
    badge: Label | None = Field(
        default=None,
        description="The label to show to shoppers: `label`, if its probability is at least 0.5, and if a product that "
        "it calls exact is in, above or below the category that the search asks for, by its filter or by a prediction "
        "of at least 0.5.",
    )
    esci: dict[str, float] = Field(description="The probability of each label: E, S, C and I.")
    why: Reason
    arm: str | None = Field(default=None, description="The experiment's arm that the result comes from.")
    placed: Placement | None = Field(default=None, description="The placement by a rule of merchandising, if any.")


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


class Count(BaseModel):
    """A value of an attribute, and the number of results that have it."""

    value: str
    count: int


class Bin(BaseModel):
    """A part of a histogram: the results from its least to its greatest value, which are those of the filter."""

    min: float | str
    max: float | str
    count: int


class AttributeFacet(BaseModel):
    """The values of an attribute in the results."""

    type: Type
    unit: str | None = None
    newest: bool = Field(default=False, description="True for the time by which `newest` sorts.")
    values: list[Count] = Field(
        default=[], description="The values of a keyword or a list, the most frequent first; `true` and `false`."
    )
    min: float | str | None = Field(default=None, description="The least number or time.")
    max: float | str | None = Field(default=None, description="The greatest number or time.")
    histogram: list[Bin] = Field(
        default=[],
        description="At most ten ranges of a number or time with results, in order, equally wide; those "
        "of up to ten different values are these values.",
    )


class Facets(BaseModel):
    """Counts of the results by attribute. Each field is counted without its own filter, to show the alternatives."""

    brand: list[Count] = Field(description="The most frequent brands first.")
    color: list[Count] = Field(description="The most frequent colours first.")
    category: list[Count] = Field(
        description="The categories that are predicted for the query first, by probability (see `categories` of the "
        "response); then the most frequent ones."
    )
    price_min: float | None
    price_max: float | None
    currency: str | None = Field(
        default=None, exclude_if=_is_nothing, description="The currency of all prices; absent if there are several."
    )
    attributes: dict[str, AttributeFacet] = Field(
        default={},
        exclude_if=_is_nothing,
        description="The catalogue's further attributes by name, but for texts; absent if it has none.",
    )


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


class CatalogueInfo(BaseModel):
    """A catalogue and the version that is served."""

    name: str
    model: str
    version: int
    backend: str
    products: int
    dimension: int
    searches_images: bool
    judged_by: str | None = Field(
        description="Whose judgements the model learnt from, such as `judged by rules over the catalogue, not by "
        "people`; null if people's."
    )
    default: bool
    facets: Facets


class Models(BaseModel):
    """The catalogues that can be searched, the experiment and the session."""

    catalogues: list[CatalogueInfo]
    experiment: dict[str, str] | None = Field(description="Name, mode, and the catalogue of each arm.")
    rewriting: str
    session: bool = Field(
        description="True if a cookie holds the API key of this request; `DELETE /session` removes it."
    )


class Health(BaseModel):
    """The liveness or readiness of the gateway."""

    status: Literal["ok", "starting", "degraded"]
    catalogues: dict[str, str] = Field(default={}, description="The problem of each catalogue, or `ok`.")


class Accepted(BaseModel):
    """The acknowledgement of feedback."""

    status: Literal["accepted"] = "accepted"


class Problem(BaseModel):
    """The body of every error response."""

    error: str = Field(description="The error, and how to correct it.")
    request_id: str
    details: list[str] = Field(default=[], description="Each error in the request.")
