"""Pruning of TFMA's extracts: what only the classifier reads is removed once they have its predictions.

TFMA shuffles the extracts of all examples by query, in memory on a single machine: whole examples are far larger than
what metrics and slices read of them.
"""

from collections.abc import Collection, Mapping
from typing import Final

import apache_beam as beam
from tensorflow_model_analysis import constants
from tensorflow_model_analysis.proto import config_pb2

from vitrine.data import columns

DROPPED: Final = frozenset({constants.INPUT_KEY, constants.ARROW_RECORD_BATCH_KEY, constants.TRANSFORMED_FEATURES_KEY})
"""The serialized, the decoded and the transformed examples."""


def prune_extracts(eval_config: config_pb2.EvalConfig) -> beam.PTransform:
    """Return the transform of batches of extracts that keeps the features which metrics and slices read."""
    return beam.Map(_keep, measured_features(eval_config))


def measured_features(eval_config: config_pb2.EvalConfig) -> frozenset[str]:
    """Return the features that the metrics and slices of a config read: keys of queries, gains, and slices."""
    queries = {spec.query_key for spec in eval_config.metrics_specs if spec.query_key}
    slices = {name for spec in eval_config.slicing_specs for name in (*spec.feature_keys, *spec.feature_values)}
    return frozenset({columns.GAIN, *queries, *slices})


def _keep(extracts: Mapping[str, object], features: Collection[str]) -> dict[str, object]:
    kept = {name: values for name, values in extracts.items() if name not in DROPPED}
    of_examples = kept.get(constants.FEATURES_KEY)
    if isinstance(of_examples, Mapping):
        kept[constants.FEATURES_KEY] = {name: of_examples[name] for name in features if name in of_examples}
    return kept
