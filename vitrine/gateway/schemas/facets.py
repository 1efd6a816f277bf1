"""Counts of results by attribute."""

from pydantic import BaseModel, Field

from vitrine.data.attributes.declaration import Type
from vitrine.gateway.schemas.values import is_nothing


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
    price_histogram: list[Bin] = Field(
        default=[],
        exclude_if=is_nothing,
        description="At most ten ranges of prices with results, as those of an attribute; absent if there are several "
        "currencies.",
    )
    currency: str | None = Field(
        default=None, exclude_if=is_nothing, description="The currency of all prices; absent if there are several."
    )
    attributes: dict[str, AttributeFacet] = Field(
        default={},
        exclude_if=is_nothing,
        description="The catalogue's further attributes by name, but for texts; absent if it has none.",
    )
