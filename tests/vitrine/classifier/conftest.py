"""Files of transformed examples in TF Transform's layout, written without TF Transform."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from tests.embedding_folders import write_folder
from vitrine.classifier.feature_names import CATEGORIES, LABEL, LEXICAL
from vitrine.data import columns
from vitrine.data.formats.arrow import vector_column
from vitrine.embeddings.pair_vectors import PairVectors

DIMENSION = 8
LEXICAL_FEATURES = 3
CATEGORY_VALUES = 4

Writer = Callable[..., tuple[list[str], Mapping[str, Any], PairVectors]]


def _feature_spec() -> dict[str, Any]:
    return {
        **{name: tf.io.FixedLenFeature([], tf.int64) for name in (columns.QUERY_ROW, columns.PRODUCT_ROW)},
        columns.HAS_IMAGE: tf.io.FixedLenFeature([], tf.float32),
        columns.WEIGHT: tf.io.FixedLenFeature([], tf.float32),
        LEXICAL: tf.io.FixedLenFeature([LEXICAL_FEATURES], tf.float32),
        **{name: tf.io.FixedLenFeature([CATEGORY_VALUES], tf.float32) for name in CATEGORIES},
        LABEL: tf.io.FixedLenFeature([], tf.int64),
        columns.QUERY: tf.io.FixedLenFeature([], tf.string),
        columns.QUERY_ID: tf.io.FixedLenFeature([], tf.string),
    }


def _floats(values: np.ndarray) -> tf.train.Feature:
    return tf.train.Feature(float_list=tf.train.FloatList(value=np.ravel(values)))


def _integer(value: int) -> tf.train.Feature:
    return tf.train.Feature(int64_list=tf.train.Int64List(value=[value]))


def _text(value: str) -> tf.train.Feature:
    return tf.train.Feature(bytes_list=tf.train.BytesList(value=[value.encode()]))


def _example(query: int, product: int, label: int, rng: np.random.Generator, weight: float = 1.0) -> bytes:
    # Only the first lexical feature depends on the label.
    lexical = np.array([label - 1.5, rng.normal(), rng.normal()])
    feature = {
        columns.QUERY_ROW: _integer(query),
        columns.PRODUCT_ROW: _integer(product),
        columns.HAS_IMAGE: _floats(np.ones(1)),
        columns.WEIGHT: _floats(np.full(1, weight)),
        LEXICAL: _floats(lexical),
        **{name: _floats(np.full(CATEGORY_VALUES, 0.25)) for name in CATEGORIES},
        LABEL: _integer(label),
        columns.QUERY: _text(f"query {query}"),
        columns.QUERY_ID: _text(f"query {query}"),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def _vectors(rows: int, rng: np.random.Generator) -> pa.Array:
    vectors = rng.normal(size=(max(rows, 1), DIMENSION))
    return vector_column((vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32))


def _embeddings(folder: Path, queries: int, products: int, rng: np.random.Generator) -> PairVectors:
    ids = [str(number) for number in range(max(queries, products, 1))]
    write_folder(
        folder / "queries",
        pa.table({columns.QUERY_ID: ids[: max(queries, 1)], columns.QUERY_VECTOR: _vectors(queries, rng)}),
    )
    sides = {name: _vectors(products, rng) for name in (columns.TEXT_VECTOR, columns.IMAGE_VECTOR)}
    write_folder(folder / "products", pa.table({columns.PRODUCT_ID: ids[: max(products, 1)], **sides}))
    return PairVectors.open(folder / "queries", folder / "products")


@pytest.fixture
def write_pairs(tmp_path: Path) -> Writer:
    """Return a function that writes `queries` times `per_query` pairs; it returns file patterns, feature spec, vectors.

    Each pair has a product of its own.
    """

    def write(
        queries: int = 20, per_query: int = 8, weight: float = 1.0
    ) -> tuple[list[str], Mapping[str, Any], PairVectors]:
        rng = np.random.default_rng(0)
        with tf.io.TFRecordWriter(str(tmp_path / "pairs-00000.gz"), "GZIP") as writer:
            for query in range(queries):
                for number in range(per_query):
                    writer.write(_example(query, query * per_query + number, int(rng.integers(4)), rng, weight))
        return [str(tmp_path / "pairs-*")], _feature_spec(), _embeddings(tmp_path, queries, queries * per_query, rng)

    return write
