"""The search model of the serving benchmarks, generated the same way in every run.

CLIP has random weights, the products are the sample's with random vectors, and the pair classifier has the pipeline's
Transform graph and untrained weights: the cost of a response does not depend on the values.
"""

import json
from pathlib import Path
from typing import Any, Final, NamedTuple

import apache_beam as beam
import keras
import numpy as np
import pyarrow as pa
import tensorflow as tf
import tensorflow_transform as tft
import tensorflow_transform.beam as tft_beam
from apache_beam.options.pipeline_options import PipelineOptions
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io

from benchmarks.encoder_inputs import write_clip
from benchmarks.reference.client import Reference
from modules.preprocessing import preprocessing_fn
from vitrine.classifier.export import Classifier, export_classifier
from vitrine.classifier.feature_names import CATEGORIES, LEXICAL
from vitrine.classifier.model import build_model
from vitrine.classifier.settings import ClassifierSettings
from vitrine.data import columns
from vitrine.data.formats.arrow import vector_column
from vitrine.data.sample.products import Product, make_products
from vitrine.data.sample.queries import make_queries
from vitrine.data.sample.settings import SampleSettings
from vitrine.embeddings.table import EmbeddingTable
from vitrine.embeddings.writing import write_embeddings
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.settings import Precision
from vitrine.labels import LABELS
from vitrine.saved_model.saving import save
from vitrine.search.build.production import SearchModelInputs, produce
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.local_client import INDEX
from vitrine.search.products import Products
from vitrine.search.settings import ProductionSettings

QUERIES: Final = 300
JUDGED: Final = 4
"""Number of queries with judgements, which are also the warm-up requests."""
SEED: Final = 0
SMALL: Final = {
    "projection_dim": 64,
    "text_config": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2},
    "vision_config": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 1, "num_attention_heads": 2},
}
BY_SIMILARITY: Final = "by_similarity"
"""An additional signature: text queries without the classifier, which is what the baseline computes."""


class Shop(NamedTuple):
    """Folders and queries: `serving` for `vitrine serve`, `clip` and `catalogue` for the baseline."""

    serving: Path
    clip: Path
    catalogue: Path
    queries: list[str]


def make_shop(folder: Path, products: int, clip: str, precision: Precision = "float32") -> Shop:
    """Write the model and its parts below `folder`; `clip` is `base` (ViT-B/32's shape) or `small`."""
    settings = SampleSettings(products=products, queries=QUERIES)
    generated = make_products(settings)
    queries = [query.text for query in make_queries(generated, settings)]
    shop = Shop(folder / "serving", folder / "clip", folder / "catalogue", queries)
    shop.clip.mkdir(parents=True)
    with Reference() as reference:
        write_clip(reference, shop.clip, **(SMALL if clip == "small" else {}))
    encoder = load_encoder(shop.clip, precision)
    vectors = np.random.default_rng(SEED).normal(size=(products, encoder.dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    write_classifier(folder / "classifier", generated, queries, encoder.dimension, folder / "transform")
    vector_columns = vectors, None, np.ones(products), np.zeros(products)
    ids = [str(number) for number in range(JUDGED)]
    judged_queries = {columns.QUERY_ID: ids, columns.QUERY_VECTOR: vector_column(encoder.encode_text(queries[:JUDGED]))}
    version, index = shop.serving / MODEL_NAME / "1", shop.serving / INDEX / "1"
    write_embeddings(folder / "queries", pa.table(judged_queries).to_batches(), JUDGED)
    produce(
        SearchModelInputs(
            products=Products.of(catalogue(generated), *vector_columns),
            queries=EmbeddingTable.open(folder / "queries"),
            judgements=_judgements(generated, queries),
            encoder=encoder,
            classifier=folder / "classifier",
        ),
        ProductionSettings(),
        version,
        index,
    )

    model = tf.saved_model.load(version)
    embed, search = (model.signatures[name] for name in ("embed_text", "search_embedding"))

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def by_similarity(query: tf.Tensor) -> dict[str, tf.Tensor]:
        return search(embedding=embed(query=query)["embedding"])

    save(model, version, dict(model.signatures) | {BY_SIMILARITY: by_similarity})
    shop.catalogue.mkdir()
    np.save(shop.catalogue / "vectors.npy", vectors, allow_pickle=False)
    titles = [{"product_id": product.product_id, "title": product.text.title} for product in generated]
    (shop.catalogue / "products.json").write_text(json.dumps(titles), encoding="utf-8")
    return shop


def catalogue(products: list[Product]) -> pa.Table:
    """Return the products' ids and texts."""
    rows = {columns.PRODUCT_ID: [product.product_id for product in products]}
    return pa.table(
        rows | {name: [getattr(product.text, name) for product in products] for name in columns.PRODUCT_TEXT}
    )


def _judgements(products: list[Product], queries: list[str]) -> pa.Table:
    """Return judgements of a few queries, each with a product of every label."""
    rows = [
        {columns.QUERY_ID: str(query), columns.QUERY: queries[query], columns.ESCI_LABEL: label,
         columns.PRODUCT_ID: products[query * len(LABELS) + place].product_id}
        for query in range(JUDGED) for place, label in enumerate(LABELS)
    ]  # fmt: skip
    return pa.Table.from_pylist(rows)


def write_classifier(directory: Path, products: list[Product], queries: list[str], dimension: int, graph: Path) -> None:
    """Export a pair classifier whose words were counted over some of the products, each with a query."""
    pairs = zip(products, queries, strict=False)
    _analyse([_pair(query, product, row) for row, (product, query) in enumerate(pairs)], graph)
    transform = tft.TFTransformOutput(str(graph))
    spec = transform.transformed_feature_spec()
    keras.utils.set_random_seed(SEED)
    model = build_model(ClassifierSettings(), dimension, spec[LEXICAL].shape[0], spec[CATEGORIES[0]].shape[0])
    model.get_layer("similarities").adapt(np.random.default_rng(SEED).normal(size=(100, 4)).astype(np.float32))
    layer = transform.transform_features_layer()
    export_classifier(Classifier(model, layer, transform.raw_feature_spec(), 1.0), dimension, directory)


def _pair(query: str, product: Product, row: int) -> dict[str, Any]:
    rows = dict.fromkeys((columns.QUERY_ROW, columns.PRODUCT_ROW), row)
    texts = {name: getattr(product.text, name) for name in columns.PRODUCT_TEXT}
    judged = {columns.QUERY_ID: str(row), columns.QUERY: query, columns.ESCI_LABEL: LABELS[row % len(LABELS)]}
    numbers = {columns.HAS_IMAGE: 0, columns.GAIN: 0.0, columns.WEIGHT: 1.0}
    return rows | texts | judged | numbers | {columns.PRODUCT_ID: product.product_id}


def _analyse(rows: list[dict[str, Any]], graph: Path) -> None:
    """Write the Transform graph of `rows`."""
    kinds = {str: tf.string, bytes: tf.string, int: tf.int64, float: tf.float32}
    spec = {name: tf.io.FixedLenFeature([], kinds[type(value)]) for name, value in rows[0].items()}
    metadata = dataset_metadata.DatasetMetadata.from_feature_spec(spec)
    options = PipelineOptions(["--direct_running_mode=in_memory", "--direct_num_workers=1"])
    with beam.Pipeline(options=options) as pipeline, tft_beam.Context(temp_dir=str(graph.parent / "beam")):
        read = pipeline | beam.Create(rows)
        ((read, metadata) | tft_beam.AnalyzeDataset(preprocessing_fn)) | tft_beam.WriteTransformFn(str(graph))
    metadata_io.write_metadata(metadata, str(graph / "metadata"))
