"""The categories of the sample's catalogue, by department."""

from typing import Final

from vitrine.data.sample.categories import clothing, electronics, home, kitchen, leisure
from vitrine.data.sample.categories.category import Category

_SMALLEST: Final = ("mug", "travel mug", "teapot", "sneakers", "boots", "socks", "phone", "phone case")
"""The categories of a very small catalogue; each has a substitute or a complement among them."""

_ALL: Final = (
    *kitchen.CATEGORIES,
    *clothing.CATEGORIES,
    *electronics.CATEGORIES,
    *home.CATEGORIES,
    *leisure.CATEGORIES,
)

CATEGORY: Final = {category.name: category for category in _ALL}
CATEGORIES: Final[tuple[Category, ...]] = (
    *(CATEGORY[name] for name in _SMALLEST),
    *(category for category in _ALL if category.name not in _SMALLEST),
)

_PRODUCTS_PER_CATEGORY: Final = 12


def categories_for(products: int) -> tuple[Category, ...]:
    """The categories of a catalogue of that many products: all from 480 products on, fewer below, at least eight."""
    return CATEGORIES[: max(len(_SMALLEST), products // _PRODUCTS_PER_CATEGORY)]
