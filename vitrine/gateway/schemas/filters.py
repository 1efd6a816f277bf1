"""The filters of a search: fields of the catalogue, prices, stock, and the shop's own attributes."""

import math
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import AfterValidator, Discriminator, Field, FiniteFloat, Tag, model_validator

from vitrine.data.attributes.declaration import NAME
from vitrine.data.attributes.times import milliseconds
from vitrine.gateway.schemas.values import FACETS, MAX_VALUES, AttributeName, Price, Request, Value, is_nothing

MAX_CONDITIONS: Final = 20
"""Maximum number of attributes that one request filters by."""


def _is_time(text: str) -> str:
    milliseconds(text)
    return text


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
        exclude_if=is_nothing, max_length=MAX_CONDITIONS,
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
