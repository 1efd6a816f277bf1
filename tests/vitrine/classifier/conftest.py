"""Files of transformed examples in TF Transform's layout, written without TF Transform."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from vitrine.classifier.feature_names import CATEGORIES, LABEL, LEXICAL
from vitrine.data import columns

DIMENSION = 8
LEXICAL_FEATURES = 3
CATEGORY_VALUES = 4

Writer = Callable[..., tuple[list[str], Mapping[str, Any]]]


def _feature_spec(dimension_key: str = "{}$ragged_values") -> dict[str, Any]:
    ragged = {
        name: tf.io.RaggedFeature(tf.float32, value_key=dimension_key.format(name), row_splits_dtype=tf.int64)
        for name in columns.VECTORS
    }
    return {
        **ragged,
        columns.HAS_IMAGE: tf.io.FixedLenFeature([], tf.float32),
        LEXICAL: tf.io.FixedLenFeature([LEXICAL_FEATURES], tf.float32),
        **{name: tf.io.FixedLenFeature([CATEGORY_VALUES], tf.float32) for name in CATEGORIES},
        LABEL: tf.io.FixedLenFeature([], tf.int64),
        columns.QUERY: tf.io.FixedLenFeature([], tf.string),
        columns.QUERY_ID: tf.io.FixedLenFeature([], tf.string),
    }


def _floats(values: np.ndarray) -> tf.train.Feature:
    return tf.train.Feature(float_list=tf.train.FloatList(value=np.ravel(values)))


def _example(query: str, label: int, rng: np.random.Generator) -> bytes:
    vectors = rng.normal(size=(3, DIMENSION))
    # Only the first lexical feature depends on the label.
    lexical = np.array([label - 1.5, rng.normal(), rng.normal()])
    feature = {
        **{
            f"{name}$ragged_values": _floats(vector / np.linalg.norm(vector))
            for name, vector in zip(columns.VECTORS, vectors, strict=True)
        },
        columns.HAS_IMAGE: _floats(np.ones(1)),
        LEXICAL: _floats(lexical),
        **{name: _floats(np.full(CATEGORY_VALUES, 0.25)) for name in CATEGORIES},
        LABEL: tf.train.Feature(int64_list=tf.train.Int64List(value=[label])),
        columns.QUERY: tf.train.Feature(bytes_list=tf.train.BytesList(value=[query.encode()])),
        columns.QUERY_ID: tf.train.Feature(bytes_list=tf.train.BytesList(value=[query.encode()])),
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


@pytest.fixture
def write_pairs(tmp_path: Path) -> Writer:
    """Return a function that writes `queries` times `per_query` pairs and returns (file patterns, feature spec)."""

    def write(queries: int = 20, per_query: int = 8) -> tuple[list[str], Mapping[str, Any]]:
        rng = np.random.default_rng(0)
        with tf.io.TFRecordWriter(str(tmp_path / "pairs-00000.gz"), "GZIP") as writer:
            for query in range(queries):
                for _ in range(per_query):
                    writer.write(_example(f"query {query}", int(rng.integers(4)), rng))
        return [str(tmp_path / "pairs-*")], _feature_spec()

    return write
