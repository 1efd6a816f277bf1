"""Sample products: their true traits, and the attributes that their text and image show."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.data.sample.attributes import BRANDS, COLOURS, PATTERNS, PLAIN
from vitrine.data.sample.catalogue_text import ProductText, describe, minimal_text
from vitrine.data.sample.categories import CATEGORY, categories_for
from vitrine.data.sample.categories.category import Category
from vitrine.data.sample.label_rules import ATTRIBUTES, Traits
from vitrine.data.sample.settings import SampleSettings, generator

_COLOURS_PER_CATEGORY: Final = 6
_PATTERNS_PER_CATEGORY: Final = 3
_PLAIN_SHARE: Final = 0.34
_LOOKS: Final = frozenset({"colour", "pattern"})


@dataclass(frozen=True)
class Product:
    """A product: its true traits, its catalogue record, and the attributes that its text or image shows."""

    product_id: str
    traits: Traits
    text: ProductText
    image: str
    price: float | None
    shown: frozenset[str]


def make_products(settings: SampleSettings) -> list[Product]:
    """Make the products of a sample. Their number decides the number of categories, and nothing else."""
    categories = categories_for(settings.products)
    return [_product(index, _category(index, categories, settings), settings) for index in range(settings.products)]


def _category(index: int, categories: tuple[Category, ...], settings: SampleSettings) -> Category:
    """Choose the category of a product: in each round, all take turns in a random order, for equally many products."""
    turn, position = divmod(index, len(categories))
    return categories[int(generator(settings, "round", turn).permutation(len(categories))[position])]


def _product(index: int, category: Category, settings: SampleSettings) -> Product:
    rng = generator(settings, "product", index)
    traits = _traits(category, settings, rng)
    fate = rng.random()
    has_image = fate >= settings.without_image
    has_text = not settings.without_image <= fate < settings.without_image + settings.without_text
    mentioned = frozenset(ATTRIBUTES)
    if (
        has_image
        and has_text
        and rng.random() < settings.untold_looks / (1 - settings.without_image - settings.without_text)
    ):
        mentioned -= (_LOOKS, _LOOKS - {"colour"}, _LOOKS - {"pattern"})[int(rng.integers(3))]
    text = describe(traits, mentioned, has_image, rng) if has_text else minimal_text(traits, index, rng)
    return Product(
        product_id=f"p{index:05d}",
        traits=traits,
        text=text,
        image=f"p{index:05d}.png" if has_image else "",
        price=_price(category, rng),
        shown=(mentioned if has_text else frozenset()) | (_LOOKS if has_image else frozenset()),
    )


def _traits(category: Category, settings: SampleSettings, rng: np.random.Generator) -> Traits:
    colours, patterns = _assortment(category, settings)
    pattern = None
    if category.patterned:
        pattern = PLAIN if rng.random() < _PLAIN_SHARE else str(rng.choice(patterns))
    return Traits(
        category=category.name,
        colour=str(rng.choice(colours)),
        pattern=pattern,
        material=str(rng.choice(category.materials)),
        brand=str(rng.choice(BRANDS)),
        size=str(rng.choice(category.sizes)),
    )


def _assortment(category: Category, settings: SampleSettings) -> tuple[list[str], list[str]]:
    """Choose a category's colours and patterns: few, so that most combinations have several products."""
    rng = generator(settings, "assortment", category.name)
    colours = rng.choice([colour.name for colour in COLOURS], _COLOURS_PER_CATEGORY, replace=False)
    patterns = rng.choice([p.name for p in PATTERNS if p.name != PLAIN], _PATTERNS_PER_CATEGORY, replace=False)
    return colours.tolist(), patterns.tolist()


def _price(category: Category, rng: np.random.Generator) -> float | None:
    """Choose a price in the category's range, ending in .49 or .99; a few products have none."""
    low, high = CATEGORY[category.name].price
    price = int(rng.integers(low, high)) + float(rng.choice([0.49, 0.99]))
    return None if rng.random() < 0.03 else price
