"""The confusions of a category head."""

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from matplotlib.figure import Figure

from vitrine.categories.figures import Confusion
from vitrine.data.columns import PRODUCT_ID
from vitrine.data.images.image_root import Folder
from vitrine.plots.gallery import ProductTiles, gallery
from vitrine.plots.heat_map import heat_map

SHOWN: Final = 30
"""The most classes of a plot, those with the most confused products."""
PICTURED: Final = 5
"""The most confusions of a picture, the most frequent ones; an image of each product makes it some 400 kB at most."""


def write_confusion(path: Path, confusion: pd.DataFrame) -> None:
    """Draw the share of each class's products that were predicted to be of each class; `confusion` has the numbers."""
    wrong = confusion.to_numpy().sum(axis=0) + confusion.to_numpy().sum(axis=1) - 2 * confusion.to_numpy().diagonal()
    places = sorted(wrong.argsort(kind="stable")[::-1][:SHOWN])
    shown = confusion.iloc[places, places]
    size = 3 + 0.28 * len(places)
    figure = Figure(figsize=(size, size), layout="constrained")
    heat_map(figure.subplots(), shown.div(confusion.sum(axis=1).iloc[places].clip(lower=1), axis=0), low=0, high=1)
    figure.savefig(path, dpi=120)


def confusion_gallery(confusions: Sequence[Confusion], products: pa.Table, image_root: Folder) -> Figure | None:
    """Draw a few products of the most frequent confusions; None without any.

    `products` has `product_id`, `title` and `image`, a path relative to `image_root`. An image that is missing or
    cannot be read is a grey square.
    """
    shown = list(confusions[:PICTURED])
    if not shown:
        return None
    ids = pa.array([product for pair in shown for product in pair["products"]], pa.string())
    tiles = ProductTiles(products.filter(pc.is_in(products[PRODUCT_ID], ids)), image_root)
    return gallery(
        {
            f"{pair['category']}, predicted {pair['predicted']} ({pair['count']})": [
                tiles.tile(product) for product in pair["products"]
            ]
            for pair in shown
        }
    )


def write_confused_products(
    path: Path, confusions: Sequence[Confusion], products: pa.Table, image_root: Folder
) -> None:
    """Write the gallery of confusions, if any of their products has an image."""
    if not any(pair["images"] for pair in confusions[:PICTURED]):
        return
    figure = confusion_gallery(confusions, products, image_root)
    assert figure is not None
    figure.savefig(path, dpi=100)
