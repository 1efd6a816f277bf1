"""The categories of the sample's catalogue, by department."""

from typing import Final

from vitrine.data.sample.categories import clothing, electronics, home, kitchen, leisure
from vitrine.data.sample.categories.category import Category

_ORDER: Final = (
    "mug", "travel mug", "teapot", "sneakers", "boots", "socks", "phone", "phone case", "camera", "tripod",
    "camera bag", "backpack", "lamp", "table", "chair", "stool", "t-shirt", "sweater", "scarf", "hat", "guitar",
    "guitar strap", "bicycle", "helmet", "umbrella", "sunglasses", "pan", "lid",
    "kettle", "bottle", "dress", "charger", "headphones", "tote bag", "vase", "candle", "pillow", "rug", "watch",
    "book",
)  # fmt: skip
"""The order in which categories are added to larger catalogues; related ones are adjacent."""

CATEGORY: Final = {
    category.name: category
    for department in (kitchen, clothing, electronics, home, leisure)
    for category in department.CATEGORIES
}
CATEGORIES: Final[tuple[Category, ...]] = tuple(CATEGORY[name] for name in _ORDER)

_FEWEST: Final = 8
_PRODUCTS_PER_CATEGORY: Final = 70
"""Products per category that a small vision transformer needs to tell shapes apart."""


def categories_for(products: int) -> tuple[Category, ...]:
    """Return the categories for a number of products: 28 for 2,000, all 40 from 2,800 on, at least eight."""
    return CATEGORIES[: max(_FEWEST, products // _PRODUCTS_PER_CATEGORY)]
