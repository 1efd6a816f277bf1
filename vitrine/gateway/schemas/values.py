"""The types and bounds of values in bodies, and the base of request bodies."""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, FiniteFloat, StringConstraints

from vitrine.data.attributes.declaration import NAME

MAX_QUERY: Final = 1000
"""Characters of the longest query."""
MAX_VALUES: Final = 50
"""Maximum number of values of one filter."""
Facet = Literal["brand", "color", "category"]
FACETS: Final[tuple[Facet, ...]] = ("brand", "color", "category")
Kind = Literal["text", "image", "both", "similar"]
Label = Literal["E", "S", "C", "I"]
Placement = Literal["pinned", "boosted", "buried"]
Query = Annotated[str, StringConstraints(strip_whitespace=True, max_length=MAX_QUERY)]
Value = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
Identifier = Annotated[str, StringConstraints(min_length=1, max_length=200)]
# JSON Schema's integers include 3.0.
INTEGRAL: Final = BeforeValidator(
    lambda value: int(value) if isinstance(value, float) and value.is_integer() else value
)
Integer = Annotated[int, INTEGRAL]
Price = Annotated[FiniteFloat, Field(ge=0, le=1e15)]
Share = Annotated[FiniteFloat, Field(ge=0, le=1)]


def is_nothing(value: object) -> bool:
    """Return whether a field is left out: clients see no difference where a catalogue has no attributes."""
    return not value


class Request(BaseModel):
    """The base of request bodies: unknown keys and values of another type are errors."""

    model_config = ConfigDict(extra="forbid", strict=True)


AttributeName = Annotated[str, StringConstraints(pattern=NAME)]
AttributeValue = bool | int | float | str | list[str]
