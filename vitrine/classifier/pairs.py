"""Reading transformed examples into batches of pairs."""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import tensorflow as tf

from vitrine.classifier.features import LABEL, LEXICAL
from vitrine.data import columns
from vitrine.data.splits import is_validation
from vitrine.errors import DataError

PARSE_BATCH: Final = 2048


class Pairs(NamedTuple):
    """Judged pairs in memory.

    Attributes:
        inputs: the model's inputs by name: `query_vector`, `text_vector`, `image_vector` float32 [N, D], `has_image`
            float32 [N], `lexical` float32 [N, F].
        label: int64 [N], class ids.
        query: object [N], the query's text as bytes.
        query_id: object [N], bytes.
    """

    inputs: dict[str, np.ndarray]
    label: np.ndarray
    query: np.ndarray
    query_id: np.ndarray

    def where(self, mask: np.ndarray) -> "Pairs":
        """The pairs whose mask is True; `mask` is bool [N]."""
        inputs = {name: values[mask] for name, values in self.inputs.items()}
        return Pairs(inputs, self.label[mask], self.query[mask], self.query_id[mask])


def read_pairs(patterns: Sequence[str], feature_spec: dict) -> Pairs:
    """Reads transformed examples, gzipped TFRecord files, in file order.

    Args:
        patterns: file patterns.
        feature_spec: of the transformed features, as TF Transform gives it.

    Raises:
        DataError: no labelled pair, or vectors of more than one length.
    """
    files = sorted(tf.io.gfile.glob(list(patterns)))
    records = tf.data.TFRecordDataset(files, "GZIP", num_parallel_reads=1).batch(PARSE_BATCH)
    batches = [{k: _dense(v) for k, v in tf.io.parse_example(batch, feature_spec).items()} for batch in records]
    if not batches:
        raise DataError(f"{', '.join(patterns)}: no transformed examples; is the judgements split empty?")
    for name in columns.VECTORS:
        lengths = sorted({batch[name].shape[1] for batch in batches})
        if len(lengths) != 1:
            raise DataError(f"{name}: vectors of different lengths {lengths}; embed everything with one encoder")
    whole = {name: np.concatenate([batch[name] for batch in batches]) for name in batches[0]}
    inputs = {name: whole[name] for name in (*columns.VECTORS, columns.HAS_IMAGE, LEXICAL)}
    return Pairs(inputs, whole[LABEL], whole[columns.QUERY], whole[columns.QUERY_ID])


def _dense(values: tf.Tensor | tf.RaggedTensor | tf.SparseTensor) -> np.ndarray:
    if isinstance(values, tf.SparseTensor):
        values = tf.RaggedTensor.from_sparse(values)
    return (values.to_tensor() if isinstance(values, tf.RaggedTensor) else values).numpy()


def split_validation(pairs: Pairs, share: float) -> tuple[Pairs, Pairs]:
    """Splits by query into (fitting, validation); about `share` of the queries are held out."""
    held_out = {query for query in set(pairs.query) if is_validation(query.decode(), share)}
    mask = np.isin(pairs.query, list(held_out)) if held_out else np.zeros(len(pairs.query), bool)
    return pairs.where(~mask), pairs.where(mask)
