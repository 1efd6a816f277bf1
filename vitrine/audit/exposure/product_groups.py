"""Groupings of a catalogue's products: brands, sizes of sellers, price bands, images, and novelty."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Final

import pandas as pd
import pyarrow as pa

from vitrine.data.columns import HAS_IMAGE, IMAGE, PRICE, PRODUCT_ID

BRAND: Final = "brand"
NO_BRAND: Final = "no brand"
_BANDS: Final = ("cheapest quarter", "second quarter", "third quarter", "dearest quarter")
_SELLERS: Final = ("small sellers", "medium sellers", "large sellers")
_SHARES: Final = (0.25, 0.75)


@dataclass(frozen=True)
class Grouping:
    """Groups of products: the groups' names, and the number of the group of each product."""

    name: str
    groups: tuple[str, ...]
    group_of: Mapping[str, int]

    @property
    def sizes(self) -> list[int]:
        """The number of products of each group."""
        counts = Counter(self.group_of.values())
        return [counts[number] for number in range(len(self.groups))]


def catalogue_frame(products: pa.Table) -> pd.DataFrame:
    """Return a catalogue as `groupings` reads it: with `has_image`, if the catalogue has a column of images."""
    catalogue: pd.DataFrame = products.to_pandas()
    if HAS_IMAGE not in catalogue and IMAGE in catalogue:
        catalogue[HAS_IMAGE] = catalogue[IMAGE].fillna("") != ""
    return catalogue


def groupings(catalogue: pd.DataFrame, known: Collection[str] | None) -> list[Grouping]:
    """Return the groupings for which a catalogue has the columns, each with at least two groups.

    Args:
        catalogue: One row per product, with `product_id` and, where known, `brand`, `price` and `has_image`.
        known: The products that train judgements name, the others being new; None if they are not known.
    """
    products = catalogue.set_index(PRODUCT_ID)
    columns = {
        "brand": _brands(products),
        "seller": sellers(products),
        "price": price_bands(products),
        "image": _images(products),
        "novelty": _novelty(products, known),
    }
    found = [_grouping(name, column) for name, column in columns.items() if column is not None]
    return [grouping for grouping in found if len(grouping.groups) > 1]


def sellers(products: pd.DataFrame) -> "pd.Series[str] | None":
    """Return the size of each product's seller, by the number of the brand's products.

    Small ones are the brands with the fewest products, until a quarter of the catalogue is reached; large ones those
    from three quarters on.
    """
    brands = _brands(products)
    if brands is None:
        return None
    brands = brands[brands != NO_BRAND]
    counts = brands.value_counts().sort_index().sort_values(kind="stable")
    before = (counts.cumsum() - counts) / max(counts.sum(), 1)
    size = pd.cut(before, [-1, *(share - 1e-9 for share in _SHARES), 2], labels=list(_SELLERS)).astype(str)
    return brands.map(size)


def price_bands(products: pd.DataFrame) -> "pd.Series[str] | None":
    """Return the quarter of each priced product's price; None below four different prices."""
    if PRICE not in products:
        return None
    prices = pd.to_numeric(products[PRICE], errors="coerce").dropna()
    if prices.nunique() < len(_BANDS):
        return None
    return pd.qcut(prices.rank(method="first"), len(_BANDS), labels=list(_BANDS)).astype(str)


def _brands(products: pd.DataFrame) -> "pd.Series[str] | None":
    if BRAND not in products:
        return None
    brands = products[BRAND].fillna("").astype(str).replace("", NO_BRAND)
    return brands if (brands != NO_BRAND).any() else None


def _images(products: pd.DataFrame) -> "pd.Series[str] | None":
    if HAS_IMAGE not in products:
        return None
    return products[HAS_IMAGE].map({True: "with an image", False: "without an image"})


def _novelty(products: pd.DataFrame, known: Collection[str] | None) -> "pd.Series[str] | None":
    if known is None:
        return None
    is_known = products.index.to_series().isin(list(known))
    return is_known.map({True: "in train judgements", False: "new"}).astype(str)


def _grouping(name: str, column: "pd.Series[str]") -> Grouping:
    of_products = {str(product): str(group) for product, group in column.items()}
    present = set(of_products.values())
    groups: list[str] = [band for band in (*_BANDS, *_SELLERS) if band in present] or sorted(present)
    numbers = {group: number for number, group in enumerate(groups)}
    return Grouping(name, tuple(groups), {product: numbers[group] for product, group in of_products.items()})
