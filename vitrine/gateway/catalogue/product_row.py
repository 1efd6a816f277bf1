"""A product as the gateway's other parts get it."""

from typing import TypedDict

from vitrine.gateway.schemas.values import AttributeValue


class ProductColumns(TypedDict):
    """A product without its image, as columns by name. Texts are never null; an unknown number is None.

    `category_predicted` is true if the category is predicted, and not the catalogue's. `attributes` has the values of
    further attributes that are known, and `units` the units of those that have one.
    """

    product_id: str
    title: str
    description: str
    brand: str
    color: str
    category: str
    category_predicted: bool
    price: float | None
    stock: int | None
    popularity: float | None
    currency: str | None
    attributes: dict[str, AttributeValue]
    units: dict[str, str]


class ProductRow(ProductColumns):
    """A product as columns by name; `image` is "" where it has none."""

    image: str


def own_category(product: ProductRow) -> str:
    """Return the category that the catalogue has for a product; the model knows no other."""
    return "" if product["category_predicted"] else product["category"]
