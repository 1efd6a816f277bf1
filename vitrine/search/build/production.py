"""From vectors, an encoder and a classifier to everything that a search model is served with."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine import progress
from vitrine.data import columns
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.images.image_root import image_folder
from vitrine.data.images.parallel_reading import read_bmp_images
from vitrine.encoders.protocol import Encoder
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.calibration import measure
from vitrine.search.build.export import export_search_model
from vitrine.search.build.tuning import tune
from vitrine.search.exported_model import ExportedModel
from vitrine.search.index_files import write_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.model.search_model import SearchModel
from vitrine.search.products import Products
from vitrine.search.settings import ProductionSettings, SearchWeights
from vitrine.text.words import vocabulary_of

WARMUP_REQUESTS: Final = 8


@dataclass(frozen=True)
class Ingredients:
    """What a search model is made of.

    Attributes:
        products: the catalogue with its vectors.
        queries: `query_id` and `query_vector` (lists of D floats) of at least the judged queries.
        judgements: the train split, in the contract's columns.
        encoder: the one that made the vectors.
        classifier: folder of the exported ESCI classifier.
    """

    products: Products
    queries: pa.Table
    judgements: pa.Table
    encoder: Encoder
    classifier: Path


def produce(ingredients: Ingredients, settings: ProductionSettings, model: Path, index: Path) -> SearchModel:
    """Choose the weights on the train split, build the search model, and write it and the index for other consumers.

    Returns the model that was written.

    Args:
        ingredients: what to make it of.
        settings: how it searches.
        model: where the SavedModel goes, with its warm-up requests.
        index: where the files of `vitrine.search.index_files` go.

    Raises:
        DataError: the ingredients do not fit each other.
    """
    products, encoder, classifier = ingredients.products, ingredients.encoder, ingredients.classifier
    judgements, queries = ingredients.judgements, ingredients.queries
    asked = judgements[columns.QUERY].unique().to_pylist()
    weights = tune(products, judgements, queries, load_classifier(classifier), settings.validation_share)
    _note(weights)
    module = build_search_model(
        products.table, products.text_vectors, products.image_vectors, products.has_text, products.has_image,
        encoder, classifier, settings.search, weights, as_matrix(queries[columns.QUERY_VECTOR]),
    )  # fmt: skip
    images = _some_images(products, settings.image_root) if encoder.encodes_images else []
    export_search_model(module, model, asked[:WARMUP_REQUESTS], images)
    vocabulary = vocabulary_of(chain.from_iterable(products.strings(name) for name in columns.PRODUCT_TEXT))
    confidence = measure(ExportedModel(model), asked, products.ids, vocabulary, weights.image_query)
    write_index(index, products, weights, settings.search, encoder.fingerprint, confidence, settings.image_root)
    return module


def _note(weights: SearchWeights) -> None:
    progress.note(
        f"chosen on the train split: classifier's share {weights.blend:.2f} of the score, "
        f"text's share {weights.text_query.text_weight:.2f} of the similarity"
    )


def _some_images(products: Products, image_root: str) -> Sequence[bytes]:
    """Return the first few images that were decoded, as the graph wants them."""
    if columns.IMAGE not in products.table.column_names:
        return []
    named = products.table[columns.IMAGE].filter(pa.array(products.has_image))
    return read_bmp_images(named.slice(0, WARMUP_REQUESTS).to_pylist(), image_folder(image_root))
