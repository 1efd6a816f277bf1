"""The catalogue's products as rows: their texts, categories and images, and which of them are held out."""

from collections.abc import Set
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import IMAGE, PRODUCT_ID, VIEWS
from vitrine.data.images.image_root import Folder
from vitrine.data.product_splits import ProductSplit, product_positions, split_products
from vitrine.embeddings.product_images import ProductImages
from vitrine.text.product_texts import product_texts

NONE: Final = -1
"""The document of a product without a text."""


@dataclass(frozen=True)
class Data:
    """The folder of the contract's files, the start of relative image paths, and the fields of a product's text."""

    folder: Path
    image_root: Folder
    text_fields: tuple[str, ...]


def product_rows(data: Data, catalogue: pa.Table, documents: pa.Array, trained: Set[str]) -> pd.DataFrame:
    """Return a row for each product, in the order of the catalogue.

    Its columns are `title`, `category` and `image` (the path of the main image), "" for none; `document`, the row of
    its text in `documents`, `NONE` for no text; `trained`, if it is one of the products `trained` that are judged for
    train queries; and `held_out`.
    """
    ids, categories, images, views = (catalogue[name].to_pylist() for name in (PRODUCT_ID, "category", IMAGE, VIEWS))
    texts, titles = (product_texts(catalogue, fields) for fields in (data.text_fields, ("title",)))
    paths = ProductImages(ids, images, views, data.image_root, {}).paths
    document = pc.fill_null(pc.index_in(pa.array(texts, pa.string()), value_set=documents), NONE)
    positions = product_positions(ids, list(zip(titles, texts, strict=True)), paths, data.image_root)
    return pd.DataFrame(
        {
            "title": np.array(titles, object),
            "category": np.array(categories, object),
            "image": np.array(images, object),
            "document": np.asarray(document).astype(np.int64),
            "trained": np.array([product in trained for product in ids], bool),
            "held_out": split_products(positions) != ProductSplit.TRAIN,
        }
    )
