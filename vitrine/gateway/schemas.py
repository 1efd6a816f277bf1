"""What the gateway's requests and responses hold; its OpenAPI schema is made from these."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, StringConstraints, model_validator

MAX_QUERY: Final = 1000
"""Characters of a query."""
MAX_VALUES: Final = 50
"""Values of one filter."""

Facet = Literal["brand", "color", "category"]
FACETS: Final[tuple[Facet, ...]] = ("brand", "color", "category")
Filtered = Facet | Literal["price"]
Kind = Literal["text", "image", "both", "similar"]
Label = Literal["E", "S", "C", "I"]
Query = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_QUERY)]
Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# In JSON 3.0 is an integer, too.
_WHOLE: Final = BeforeValidator(lambda one: int(one) if isinstance(one, float) and one.is_integer() else one)
Whole = Annotated[int, _WHOLE]
Price = Annotated[FiniteFloat, Field(ge=0, le=1e15)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


class Request(BaseModel):
    """A request's body; keys that it does not know are errors, and so are values of another type than its own."""

    model_config = ConfigDict(extra="forbid", strict=True)


class Filters(Request):
    """Which products may be found. Values of one field are alternatives, fields must all hold."""

    brand: list[Value] = Field(default=[], max_length=MAX_VALUES, description="Brands, in any case.")
    category: list[Value] = Field(default=[], max_length=MAX_VALUES, description="Categories, in any case.")
    color: list[Value] = Field(
        default=[], max_length=MAX_VALUES, description="Colours; `yellow` is also found in `sunshine yellow`."
    )
    price_min: Price | None = Field(default=None, description="Products without a price are left out.")
    price_max: Price | None = Field(default=None, description="Products without a price are left out.")

    @property
    def is_empty(self) -> bool:
        """Whether every product passes."""
        return not self.chosen()

    def chosen(self) -> list[Filtered]:
        """The fields that leave products out."""
        prices = (self.price_min, self.price_max)
        return [*(name for name in FACETS if getattr(self, name)), *(("price",) if prices != (None, None) else ())]

    def without(self, field: Filtered) -> "Filters":
        """The same, with nothing left out by `field`."""
        free: dict[str, list[str] | None] = {"price_min": None, "price_max": None} if field == "price" else {field: []}
        return self.model_copy(update=free)

    @model_validator(mode="after")
    def _are_a_range(self) -> "Filters":
        if self.price_min is not None and self.price_max is not None and self.price_min > self.price_max:
            raise ValueError("price_min is greater than price_max")
        return self


class Window(Request):
    """Which of the ranked products to answer with."""

    k: Whole = Field(default=24, ge=1, le=100, description="How many results.")
    offset: Whole = Field(default=0, ge=0, le=10_000, description="How many to leave out before them.")
    min_score: Share = Field(default=0.0, description="Leave out results with a lower score.")
    filters: Filters = Filters()
    facets: bool = Field(
        default=False,
        description="Count brands, colours and categories of all that was found; where one of them is filtered, of all "
        "that would be found without that filter.",
    )


class SearchRequest(Window):
    """A search by words."""

    query: Query = Field(min_length=1, examples=["red checked mug"])
    rewrite: bool = Field(default=True, description="Whether the query may be corrected.")
    anyway: bool = Field(default=False, description="Answer even where the query seems to be no words at all.")


class LegacyRequest(Request):
    """What older clients send."""

    query: Query = Field(min_length=1)
    top_k: Whole = Field(default=24, ge=1, le=100)


class FeedbackRequest(Request):
    """What a shopper did with a result."""

    request_id: Identifier = Field(description="The search's, from its response.")
    product_id: Identifier
    kind: Literal["click", "purchase"]
    position: Annotated[int, Field(ge=1, le=10_000), _WHOLE] | None = Field(
        default=None, description="Rank of the result, from 1."
    )


class Why(BaseModel):
    """Why a product was found."""

    by_text: float | None = Field(
        description="Similarity to the product's text, in standard deviations above a random pair; null without text."
    )
    by_image: float | None = Field(description="The same for its picture; null without one.")
    words: list[str] = Field(description="Words of the query that the product has.")
    summary: str = Field(description="The same in a sentence.")


class Product(BaseModel):
    """A product of a catalogue."""

    catalogue: str
    product_id: str
    title: str
    description: str
    brand: str
    color: str
    category: str
    price: float | None
    image_url: str | None = Field(description="Where the gateway has its picture; null without one.")


class Result(Product):
    """A product that was found."""

    rank: int = Field(description="From 1, over all pages.")
    score: float = Field(description="In (0, 1): the estimated probability that it is what was asked for.")
    comparable: float = Field(
        description="The score's log-odds in standard deviations above random pairs of its catalogue: "
        "what results of several catalogues are ordered by."
    )
    label: Label = Field(description="The likeliest ESCI label.")
    esci: dict[str, float] = Field(description="The probability of each label: E, S, C and I.")
    why: Why
    arm: str | None = Field(default=None, description="Which side of an experiment gave it.")


class Change(BaseModel):
    """What a rewriter changed."""

    kind: str
    before: str
    after: str


class Rewritten(BaseModel):
    """How the query was changed before it was asked."""

    query: str
    source: str
    changes: list[Change]


class Route(BaseModel):
    """Which catalogues were asked, and why."""

    catalogues: list[str]
    reason: Literal["named", "only", "routed", "all", "experiment"]


class Exposure(BaseModel):
    """The experiment a request took part in."""

    name: str
    arm: str
    mode: Literal["forced", "best", "split", "interleave"]


class Count(BaseModel):
    """A value and how many found products have it."""

    value: str
    count: int


class Facets(BaseModel):
    """What was found, counted; each field as if it were not filtered, so that a chosen value keeps its alternatives."""

    brand: list[Count]
    color: list[Count]
    category: list[Count]
    price_min: float | None
    price_max: float | None


class SearchResponse(BaseModel):
    """Ranked products."""

    request_id: str = Field(description="Name it in feedback.")
    kind: Kind
    query: str
    rewritten: Rewritten | None = Field(description="Null where the query was asked as it is.")
    route: Route
    versions: dict[str, int] = Field(description="The version of the model of each catalogue that was asked.")
    experiment: Exposure | None = None
    junk: bool = Field(description="Whether the query seems to be no words at all; there are no results then.")
    message: str | None = Field(default=None, description="For people, where there is something to say.")
    total: int = Field(description="How many were found that can be paged through.")
    offset: int
    took_ms: float
    results: list[Result]
    facets: Facets | None = None


class LegacyResponse(BaseModel):
    """What older clients expect."""

    results: list[Result]


class CatalogueInfo(BaseModel):
    """A catalogue, as served now."""

    name: str
    model: str
    version: int
    backend: str
    products: int
    dimension: int
    searches_images: bool
    default: bool
    facets: Facets


class Models(BaseModel):
    """What can be asked."""

    catalogues: list[CatalogueInfo]
    experiment: dict[str, str] | None = Field(description="Name, mode, and the catalogue of each arm.")
    rewriting: str
    session: bool = Field(
        description="Whether a cookie holds the API key of this request: `DELETE /session` forgets it."
    )


class Health(BaseModel):
    """Whether the process lives, or can answer."""

    status: Literal["ok", "starting", "degraded"]
    catalogues: dict[str, str] = Field(default={}, description="What is wrong with each one, `ok` if nothing.")


class Accepted(BaseModel):
    """Feedback was taken."""

    status: Literal["accepted"] = "accepted"


class Problem(BaseModel):
    """Every error."""

    error: str = Field(description="What was wrong, and what to do.")
    request_id: str
    details: list[str] = Field(default=[], description="Each thing that was wrong with the request.")
