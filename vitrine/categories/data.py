"""The catalogue, the judgements and the vectors that a category head is trained on."""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine import progress
from vitrine.categories.classes import NO_CLASS, Classes, Labels, find_classes
from vitrine.categories.examples import Examples, InputVectors, Mask, Vectors, joined, product_examples
from vitrine.categories.folds import near_duplicates
from vitrine.categories.image_views import ImageViews, encode_views
from vitrine.categories.query_labels import query_examples
from vitrine.categories.settings import CategorySettings
from vitrine.categories.taxonomy import normalised
from vitrine.data import columns
from vitrine.data.images.image_root import Folder
from vitrine.embeddings.table import EmbeddingTable, Rows
from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.protocol import Encoder
from vitrine.text.product_texts import product_texts

TITLE = "title"
CATEGORY = "category"


@dataclass(frozen=True)
class CategoryData:
    """The examples of a category head, with the classes and the near-duplicates of all N products.

    `uncategorised` products have no category. `leaks` is true if text vectors include the products' categories, so that
    predictions by text only repeat them.
    """

    products: Rows
    classes: Classes
    group: Labels
    source: InputVectors
    examples: Examples
    leaks: bool
    uncategorised: int

    @classmethod
    def read(
        cls,
        products: Path,
        queries: Path,
        judgements: pa.Table,
        encoder: Encoder,
        text_fields: Sequence[str],
        settings: CategorySettings,
        image_root: Folder,
    ) -> "CategoryData | str":
        """Read the embeddings of products and queries; return a reason instead if no head can be trained.

        Texts that include the category are encoded again without it, if the encoder encodes any text. Augmented views
        of the images below `image_root` are encoded, if the settings have any and the encoder encodes images.
        """
        embedded, asked = EmbeddingTable.open(products), EmbeddingTable.open(queries)
        table = embedded.rows.table
        categories, titles = (pc.fill_null(table[name], "").to_pylist() for name in (CATEGORY, TITLE))
        classes = _bounded(find_classes(categories, settings.min_products), settings)
        has_text, has_image = (table[name].to_numpy() for name in (columns.HAS_TEXT, columns.HAS_IMAGE))
        group = near_duplicates(titles, embedded.vectors.get(columns.IMAGE_VECTOR), has_image)
        if reason := too_few(classes, group, settings):
            return reason
        includes = CATEGORY in text_fields
        texts = None
        if includes and encoder.encodes_any_text:
            fields = [field for field in text_fields if field != CATEGORY]
            texts, has_text = _texts_without_category(embedded, classes, encoder, fields)
        views = _augmented_views(embedded, classes, encoder, image_root, settings)
        source = InputVectors(embedded, asked, has_text, has_image, texts, views)
        examples = product_examples(classes, source)
        if settings.query_weight:
            of_queries = query_examples(judgements, asked.rows, embedded.rows, classes, settings.query_weight)
            examples = joined(examples, of_queries)
        leaks = includes and texts is None
        uncategorised = sum(not normalised(category) for category in categories)
        return cls(embedded.rows, classes, group, source, examples, leaks, uncategorised)


def too_few(classes: Classes, group: Labels, settings: CategorySettings) -> str:
    """Return why no head can be trained on these classes, "" if one can."""
    count = len(np.unique(group[classes.labelled]))
    if len(classes.names) < 2:
        return (
            f"the catalogue has {len(classes.names)} categories with at least {settings.min_products} products "
            "(categories.min_products), and a head tells 2 or more apart"
        )
    if count < settings.min_labelled:
        return (
            f"{count:,} distinct products have a category, and a head is trained on at least {settings.min_labelled:,} "
            "(categories.min_labelled)"
        )
    return ""


def _bounded(classes: Classes, settings: CategorySettings) -> Classes:
    """Return the classes with at most `max_products` products, drawn at random after `min_products` of each class."""
    rows = np.random.default_rng(settings.seed).permutation(classes.labelled)
    if len(rows) <= settings.max_products:
        return classes
    rank = pd.Series(classes.label[rows]).groupby(classes.label[rows]).cumcount().to_numpy()
    kept = rows[np.argsort(rank >= settings.min_products, kind="stable")][: settings.max_products]
    label = np.full_like(classes.label, NO_CLASS)
    label[kept] = classes.label[kept]
    return dataclasses.replace(classes, label=label)


def _augmented_views(
    embedded: EmbeddingTable, classes: Classes, encoder: Encoder, image_root: Folder, settings: CategorySettings
) -> ImageViews | None:
    """Return the views of the products with a class and an image; None where there are none."""
    if not settings.augmented_views:
        return None
    if not isinstance(encoder, ImageTextEncoder):
        progress.note("categories.augmented_views has no effect: the encoder does not encode images")
        return None
    rows = classes.labelled[embedded.rows.table[columns.HAS_IMAGE].to_numpy()[classes.labelled]]
    if not len(rows):
        return None
    return encode_views(encoder, embedded.rows, rows, image_root, settings.augmented_views, settings.seed)


def _texts_without_category(
    embedded: EmbeddingTable, classes: Classes, encoder: Encoder, fields: Sequence[str]
) -> tuple[Vectors, Mask]:
    """Return text vectors, float32 [N, D], those of products with a class encoded anew, and which exist, bool [N]."""
    stored = embedded.vectors.get(columns.TEXT_VECTOR)
    vectors = np.zeros((len(classes.label), embedded.dimension), np.float32) if stored is None else np.array(stored)
    has_text = embedded.rows.table[columns.HAS_TEXT].to_numpy().copy()
    texts = product_texts(embedded.rows.table, fields) if fields else [""] * len(has_text)
    rows = classes.labelled
    has_text[rows] = [bool(texts[row]) for row in rows]
    rows = rows[has_text[rows]]
    if len(rows):
        vectors[rows] = encoder.encode_document([texts[row] for row in rows])
    return vectors, has_text
