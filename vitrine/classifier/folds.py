"""Folds of the transformed examples: pairs for fitting and pairs for validation, split by query, in batches."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import tensorflow as tf

from vitrine.classifier.feature_names import CATEGORIES, LABEL, LEXICAL, QUERY_CATEGORY
from vitrine.classifier.soft_targets import SoftTargets
from vitrine.data import columns
from vitrine.data.contract.splits import is_validation
from vitrine.embeddings.pair_vectors import PairVectors
from vitrine.errors import DataError
from vitrine.labels import LABELS

CHUNK: Final = 8192
"""Pairs that are parsed, and shuffled, together."""

FLOAT_BYTES: Final = 4
ROWS: Final = (columns.QUERY_ROW, columns.PRODUCT_ROW)


@dataclass(frozen=True)
class Fold:
    """Judged pairs on disk.

    Attributes:
        files: gzipped TFRecord files of transformed examples.
        feature_spec: of the transformed features, as TF Transform gives it.
        vectors: of the queries and products that the pairs refer to by row number.
        labels: int64 [N], class ids in file order.
        queries: the queries whose pairs belong to the fold, as bytes; None means every query.
    """

    files: tuple[str, ...]
    feature_spec: Mapping[str, Any]
    vectors: PairVectors
    labels: np.ndarray
    queries: tuple[bytes, ...] | None = None

    @property
    def dimension(self) -> int:
        """D, length of the vectors."""
        return self.vectors.dimension

    @property
    def lexical(self) -> int:
        """F, number of lexical features."""
        return int(self.feature_spec[LEXICAL].shape[0])

    @property
    def categories(self) -> int:
        """C, number of categories that are distinguished."""
        return int(self.feature_spec[QUERY_CATEGORY].shape[0])

    @property
    def megabytes(self) -> float:
        """Size of the fold's tensors, without the vectors."""
        numbers = self.lexical + len(CATEGORIES) * self.categories + 2 * len(ROWS) + 2
        return len(self.labels) * numbers * FLOAT_BYTES / 1e6


def open_folds(
    patterns: Sequence[str], feature_spec: Mapping[str, Any], vectors: PairVectors, validation_share: float = 0.0
) -> tuple[Fold, Fold]:
    """Scan transformed examples once and split them by query.

    Args:
        patterns: file patterns.
        feature_spec: of the transformed features.
        vectors: of the queries and products.
        validation_share: share of the queries to hold out.

    Returns:
        The fold for fitting and the fold for validation; the latter is empty where nothing is held out.

    Raises:
        DataError: no pair, or no pair to fit.
    """
    where = ", ".join(patterns)
    files = tuple(sorted(tf.io.gfile.glob(list(patterns))))
    spec = {name: feature_spec[name] for name in (LABEL, columns.QUERY)}
    labels, masks, is_held_out = [], [], dict[bytes, bool]()
    for records in _records(files, CHUNK):
        batch = tf.io.parse_example(records, spec)
        queries = batch[columns.QUERY].numpy()
        for query in set(queries) - is_held_out.keys():
            is_held_out[query] = is_validation(query.decode(), validation_share)
        labels.append(batch[LABEL].numpy())
        masks.append(np.array([is_held_out[query] for query in queries], bool))
    if not labels:
        raise DataError(f"{where}: no transformed examples; is the judgements split empty?")
    label, mask = np.concatenate(labels), np.concatenate(masks)
    if mask.all():
        count = len(is_held_out)
        raise DataError(f"{where}: all of the {count} queries are held out for validation, none is left to fit")
    held_out, kept = (
        tuple(sorted(query for query, held in is_held_out.items() if held == side)) for side in (True, False)
    )
    fitting = Fold(files, feature_spec, vectors, label[~mask], kept if held_out else None)
    return fitting, Fold(files, feature_spec, vectors, label[mask], held_out)


def _records(files: Sequence[str], batch: int) -> tf.data.Dataset:
    return tf.data.TFRecordDataset(list(files), "GZIP").batch(batch)


def read_chunks(fold: Fold, cache_megabytes: int = 0) -> tf.data.Dataset:
    """Parse a fold.

    Args:
        fold: the fold to read.
        cache_megabytes: folds up to this size are kept in memory after the first pass.

    Returns:
        Dataset of (inputs, label): `inputs` are `query_row` and `product_row` int64 [B], `has_image` float32 [B],
        `weight` float32 [B], `lexical` float32 [B, F] and the categories of query and product float32 [B, C];
        `label` is int64 [B]. B is at most `CHUNK` and differs from chunk to chunk. `with_vectors` replaces the row
        numbers.
    """
    names = (*ROWS, columns.HAS_IMAGE, columns.WEIGHT, LEXICAL, *CATEGORIES, LABEL, columns.QUERY)
    spec = {name: fold.feature_spec[name] for name in names}
    table = None if fold.queries is None else _membership(fold.queries)

    def parse(records: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        parsed = dict(tf.io.parse_example(records, spec))
        query = parsed.pop(columns.QUERY)
        if table is not None:
            inside = table.lookup(query)
            parsed = {name: tf.boolean_mask(values, inside) for name, values in parsed.items()}
        label = parsed.pop(LABEL)
        return parsed, label

    chunks = _records(fold.files, CHUNK).map(parse, num_parallel_calls=2)
    chunks = chunks.filter(lambda _inputs, label: tf.size(label) > 0)
    return chunks.cache() if fold.megabytes <= cache_megabytes else chunks


def with_vectors(fold: Fold, pairs: tf.data.Dataset) -> tf.data.Dataset:
    """Return a dataset of (inputs, label) with what a model reads.

    The three vectors, float32 [B, D], replace the row numbers, and the weights are left out.
    """

    def gather(inputs: dict[str, tf.Tensor], label: tf.Tensor) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
        others = {name: values for name, values in inputs.items() if name not in (*ROWS, columns.WEIGHT)}
        rows = [inputs[name] for name in ROWS]
        vectors = tf.numpy_function(fold.vectors.gather, rows, [tf.float32] * len(columns.VECTORS), stateful=False)
        for name, vector in zip(columns.VECTORS, vectors, strict=True):
            others[name] = tf.ensure_shape(vector, [None, fold.dimension])
        return others, label

    return pairs.map(gather, num_parallel_calls=2)


def _membership(queries: Sequence[bytes]) -> tf.lookup.StaticHashTable:
    keys = tf.constant([*queries, b"\0"])  # TensorFlow refuses an empty table; no query contains a NUL
    inside = tf.lookup.KeyValueTensorInitializer(keys, tf.ones_like(keys, tf.bool))
    return tf.lookup.StaticHashTable(inside, default_value=False)


def judged_rows(fold: Fold) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the query's text, bytes [N], and the rows of query and product, int64 [N], of each pair in file order."""
    spec = {name: fold.feature_spec[name] for name in (*ROWS, columns.QUERY)}
    parts = [tf.io.parse_example(records, spec) for records in _records(fold.files, CHUNK)]
    query, *rows = (
        np.concatenate([part[name].numpy() for part in parts]) if parts else np.empty(0, np.int64)
        for name in (columns.QUERY, *ROWS)
    )
    kept = np.ones(len(query), bool) if fold.queries is None else np.isin(query, np.array(fold.queries, object))
    return query[kept], rows[0][kept], rows[1][kept]


def batches(
    fold: Fold,
    class_weights: np.ndarray,
    size: int,
    seed: int | None = None,
    cache_megabytes: int = 0,
    teacher: SoftTargets | None = None,
) -> tf.data.Dataset:
    """Return batches for Keras: (inputs, target float32 [B, 4], weight float32 [B] of the class times the judgement's).

    Args:
        fold: the fold to read.
        class_weights: float32 [4].
        size: pairs per batch.
        seed: seed of a new order at every pass; None keeps the order of the files.
        cache_megabytes: as in `read_chunks`.
        teacher: targets to mix with the one-hot labels.
    """
    chunks = read_chunks(fold, cache_megabytes)
    weights = tf.constant(class_weights, tf.float32)
    if seed is not None:
        chunks = chunks.shuffle(64, seed=seed, reshuffle_each_iteration=True)
        seeds = tf.data.Dataset.random(seed, rerandomize_each_iteration=True).batch(2)
        chunks = tf.data.Dataset.zip(chunks, seeds).map(_shuffle_rows)

    def target(
        inputs: dict[str, tf.Tensor], label: tf.Tensor
    ) -> tuple[dict[str, tf.Tensor], tuple[tf.Tensor, tf.Tensor]]:
        hard = tf.one_hot(label, len(LABELS))
        mixed = hard if teacher is None else teacher.mixed(hard, *(inputs[name] for name in ROWS))
        return inputs, (mixed, tf.gather(weights, label) * inputs[columns.WEIGHT])

    # `rebatch` infers a wrong length from chunks of different sizes, with which Keras would stop early.
    length = tf.data.experimental.assert_cardinality(math.ceil(len(fold.labels) / size))
    pairs = with_vectors(fold, chunks.rebatch(size).map(target))
    return pairs.map(lambda inputs, targets: (inputs, *targets)).apply(length).prefetch(2)


def _shuffle_rows(
    chunk: tuple[dict[str, tf.Tensor], tf.Tensor], seed: tf.Tensor
) -> tuple[dict[str, tf.Tensor], tf.Tensor]:
    inputs, label = chunk
    order = tf.argsort(tf.random.stateless_uniform(tf.shape(label), seed))
    return {name: tf.gather(values, order) for name, values in inputs.items()}, tf.gather(label, order)
