"""The declaration of attributes in a run's settings. This module imports nothing heavy."""

from collections.abc import Mapping
from typing import Annotated, Final, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from vitrine.data import columns
from vitrine.settings import Section

Type = Literal["text", "keyword", "list", "number", "boolean", "time"]
TYPES: Final[tuple[Type, ...]] = get_args(Type)
MOST: Final = 50
"""Maximum number of attributes."""
MAX_CURRENCY: Final = 20
"""Maximum number of characters of a currency's code or sign."""
NAME: Final = r"^[a-z][a-z0-9_]{0,63}$"
RESERVED: Final = frozenset(
    {*columns.CATALOGUE, *columns.EXTRA, columns.STOCK, columns.POPULARITY, columns.HIDDEN, columns.ATTRIBUTES}
)
"""Names that have another meaning."""


class Attribute(Section):
    """The declaration of an attribute.

    Attributes:
        type: `text` is found by its words, `keyword` as a whole, `list` by each of its values; `number`, `boolean` and
            `time` are what they are called.
        unit: The unit of a number, such as `kg`, which is shown.
        newest: True for the time at which a product came into the shop, by which `newest` sorts.
        group: True for the id that variants of one product share, which searches return as one result.
    """

    type: Type
    unit: Annotated[str, Field(max_length=20)] = ""
    newest: bool = False
    group: bool = False

    @model_validator(mode="after")
    def _fits_its_type(self) -> "Attribute":
        if self.unit and self.type != "number":
            raise ValueError(f"a {self.type} has no unit; only a number has")
        if self.newest and self.type != "time":
            raise ValueError(f"a {self.type} does not say what is newest; only a time does")
        if self.group and self.type != "keyword":
            raise ValueError(f"a {self.type} does not group variants; only a keyword does")
        return self


def _from_type(value: object) -> object:
    """Return the long form of a declaration by its type alone: `size: keyword`."""
    return {"type": value} if isinstance(value, str) else value


def _checked(attributes: Mapping[str, Attribute]) -> Mapping[str, Attribute]:
    if taken := sorted(RESERVED & attributes.keys()):
        raise ValueError(f"{taken[0]} is a column with a meaning of its own; give the attribute another name")
    if len(newest := [name for name, attribute in attributes.items() if attribute.newest]) > 1:
        raise ValueError(f"only one attribute can say what is newest, and {' and '.join(newest)} do")
    if len(groups := [name for name, attribute in attributes.items() if attribute.group]) > 1:
        raise ValueError(f"only one attribute can group variants, and {' and '.join(groups)} do")
    return attributes


Attributes = Annotated[
    dict[Annotated[str, Field(pattern=NAME)], Annotated[Attribute, BeforeValidator(_from_type)]],
    Field(max_length=MOST),
    AfterValidator(_checked),
]
"""Attributes by name, each a type, or a type with more: `weight: {type: number, unit: kg}`."""
