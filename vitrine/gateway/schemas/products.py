"""Products, and results of a search."""

from typing import Final

from pydantic import BaseModel, Field

from vitrine.gateway.schemas.explanations import Reason
from vitrine.gateway.schemas.values import AttributeValue, Label, Placement, is_nothing

MAX_VARIANTS: Final = 20
"""Maximum number of other variants of a result."""


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
        default=None, exclude_if=is_nothing, description="The currency of the price; absent if it is unknown."
    )
    attributes: dict[str, AttributeValue] = Field(
        default={},
        description="Further attributes that the shop has declared, where the product has a value; times in ISO 8601.",
    )
    units: dict[str, str] = Field(
        default={},
        exclude_if=is_nothing,
        description="The units of those attributes that have one; absent if none has.",
    )
    image_url: str | None = Field(description="The path of the product's image at the gateway; null without an image.")


class GroupedProduct(Product):
    """A product with the other variants of it."""

    variants: list[Product] = Field(
        default=[],
        exclude_if=is_nothing,
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
