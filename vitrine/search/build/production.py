"""Production of a search model: tuning, assembly, export, calibration and index files."""

import gc
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import tensorflow as tf

from vitrine import progress
from vitrine.categories.head import load_head
from vitrine.data import columns
from vitrine.data.contract.judges import judged_by
from vitrine.data.images.image_root import image_folder
from vitrine.data.images.parallel_reading import read_bmp_images
from vitrine.embeddings.table import EmbeddingTable
from vitrine.encoders.protocol import Encoder
from vitrine.search.build.calibration import measure_confidence
from vitrine.search.build.export import export_search_model
from vitrine.search.build.image_calibration import measure_image_confidence
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.build.last_stage import build_last_stage
from vitrine.search.build.predicted_categories import with_predicted_categories
from vitrine.search.build.tuning import tune
from vitrine.search.exported_model import ExportedModel
from vitrine.search.image_confidence import ImageConfidence
from vitrine.search.index.lexical_index import LexicalIndex, build_lexical_index
from vitrine.search.index_files import write_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.model.search_model import SearchModel
from vitrine.search.products import Products
from vitrine.search.settings import CrossEncoderStage, ProductionSettings, SearchWeights
from vitrine.text.inflection import Vocabulary

WARMUP_REQUESTS: Final = 8
KNOWN_ONLY: Final = (
    "only the queries that have vectors are answered, and the detection of junk queries is not calibrated: "
    "encoder.text is not set"
)
"""Note on the search model of an encoder that does not encode any text."""


@dataclass(frozen=True)
class SearchModelInputs:
    """The inputs of a search model.

    Attributes:
        products: the catalogue with its vectors.
        queries: the embeddings of at least the judged queries.
        judgements: the train split, in the contract's columns.
        encoder: the encoder that made the vectors.
        classifier: the folder of the exported ESCI classifier.
        category_head: the folder of the category head, if there is one.
    """

    products: Products
    queries: EmbeddingTable
    judgements: pa.Table
    encoder: Encoder
    classifier: Path
    category_head: Path | None = None


def produce(inputs: SearchModelInputs, settings: ProductionSettings, model: Path, index: Path) -> None:
    """Choose the weights on the train split, build and export the search model, and write the index files.

    Args:
        inputs: the inputs of the search model.
        settings: the settings of search.
        model: the directory of the SavedModel, with its warm-up requests.
        index: the directory of the files of `vitrine.search.index_files`.

    Raises:
        DataError: the inputs do not match.
    """
    products, encoder, classifier = inputs.products, inputs.encoder, load_classifier(inputs.classifier)
    judgements, queries = inputs.judgements, inputs.queries
    texts = judgements[columns.QUERY].unique().to_pylist()
    lexical = build_lexical_index(products, settings.search.lexical)
    weights = tune(products, judgements, queries, classifier, settings.validation_share, lexical=lexical)
    _note(weights)
    module = _module(inputs, classifier, settings, weights, lexical)
    head = module.category_head = load_head(inputs.category_head) if inputs.category_head else None
    if settings.search.cross_encoder:
        weights = _add_last_stage(module, settings.search.cross_encoder, inputs, settings.validation_share)
    images = _warmup_images(products, settings.image_root) if encoder.encodes_images else []
    export_search_model(module, model, texts[:WARMUP_REQUESTS], images)
    lists = module.text_lists
    del module
    del lexical
    gc.collect()  # frees the module, whose functions refer to it, before the exported model is loaded
    texts_of_products = chain.from_iterable(products.text_column(name).chunks for name in columns.PRODUCT_TEXT)
    terms = Vocabulary.of(pa.chunked_array(texts_of_products, pa.string())).terms
    if not encoder.encodes_any_text:
        progress.note(KNOWN_ONLY)
    with ExportedModel(model) as exported:
        confidence = measure_confidence(
            exported, texts, products.ids, terms, weights.image_query, any_text=encoder.encodes_any_text
        )
        images_known = _image_confidence(exported, products, settings.image_root) if encoder.encodes_images else None
    described = with_predicted_categories(products, head) if head else products
    write_index(
        index, described, weights, settings.search, encoder.fingerprint, confidence, settings.image_root,
        encoder.encodes_any_text, lists, judged_by(judgements), images_known, settings.attributes,
    )  # fmt: skip


def _module(
    inputs: SearchModelInputs,
    classifier: tf.Module,
    settings: ProductionSettings,
    weights: SearchWeights,
    lexical: LexicalIndex | None,
) -> SearchModel:
    products, encoder = inputs.products, inputs.encoder
    query_vectors = inputs.queries.vectors[columns.QUERY_VECTOR]
    return SearchModel(
        products,
        encoder.module,
        encoder.encodes_images,
        classifier,
        settings.search,
        weights,
        query_vectors,
        lexical,
    )


def _add_last_stage(
    module: SearchModel, settings: CrossEncoderStage, inputs: SearchModelInputs, validation_share: float
) -> SearchWeights:
    """Build the last stage of a search model, and return the model's weights with its share."""
    strings = tf.TensorSpec([None], tf.string)

    compiled = tf.function(module.score, input_signature=[strings, strings], autograph=False)

    def score(query: npt.NDArray[np.object_], product: npt.NDArray[np.object_]) -> npt.NDArray[np.float32]:
        scores: npt.NDArray[np.float32] = compiled(tf.constant(query), tf.constant(product))["score"].numpy()
        return scores

    pairs = JudgedPairs.of(inputs.judgements, inputs.queries, inputs.products)
    module.last_stage = build_last_stage(settings, pairs, inputs.products, score, validation_share)
    return module.weights.model_copy(update={"cross_encoder": module.last_stage.share})


def _note(weights: SearchWeights) -> None:
    progress.note(
        f"chosen on the train split: classifier's share {weights.blend:.2f} of the score, "
        f"text's share {weights.text_query.text_weight:.2f} of the similarity, "
        f"words add {weights.lexical:.2f} log-odds for each unit of their score, {weights.coverage:.2f} if all occur, "
        f"and contradicting measurements cost {weights.contradiction:.2f}"
    )


def _image_confidence(exported: ExportedModel, products: Products, image_root: str) -> ImageConfidence | None:
    if columns.IMAGE not in products.table.column_names:
        return None
    shown = products.table.filter(pa.array(products.has_image))
    ids, images = (shown[name].to_pylist() for name in (columns.PRODUCT_ID, columns.IMAGE))
    return measure_image_confidence(exported, ids, images, image_folder(image_root))


def _warmup_images(products: Products, image_root: str) -> Sequence[bytes]:
    """Return the first decoded images, in the encoding that the graph reads."""
    if columns.IMAGE not in products.table.column_names:
        return []
    paths = products.table[columns.IMAGE].filter(pa.array(products.has_image))
    return read_bmp_images(paths.slice(0, WARMUP_REQUESTS).to_pylist(), image_folder(image_root))
