"""Tables and figures of TensorFlow Data Validation's statistics, drawn without a browser."""

from collections.abc import Sequence
from typing import Final, TypeAlias

import pandas as pd
import tensorflow_data_validation as tfdv
from matplotlib.figure import Figure
from tensorflow_data_validation.utils.stats_util import DatasetListView, FeatureView
from tensorflow_metadata.proto.v0 import schema_pb2, statistics_pb2

SHOWN: Final = 16
"""Number of the most frequent values that are shown."""

Statistics: TypeAlias = statistics_pb2.DatasetFeatureStatisticsList


def feature_table(statistics: Statistics) -> pd.DataFrame:
    """Return a table of one row per feature: coverage, distinct and most frequent values, or the range of a number."""
    dataset = DatasetListView(statistics).get_default_slice_or_die()
    rows = {str(path): _row(dataset.get_feature(path)) for path in dataset.list_features()}
    return pd.DataFrame.from_dict(rows, orient="index").sort_index()


def top_values(statistics: Statistics, feature: str) -> pd.Series:
    """Return the number of rows with each of the most frequent values of a string feature, the most frequent first."""
    buckets = _feature(statistics, feature).string_statistics().rank_histogram.buckets
    return pd.Series({bucket.label: int(bucket.sample_count) for bucket in buckets}, name=feature)


def value_plots(statistics: Statistics, features: Sequence[str]) -> Figure:
    """Draw the most frequent values of string features and the histograms of numeric ones.

    Features without values are left out.
    """
    views = {name: _feature(statistics, name) for name in features}
    views = {name: view for name, view in views.items() if view and view.common_statistics().num_non_missing}
    figure = Figure(figsize=(4 * max(len(views), 1), 4), layout="constrained")
    for place, (name, view) in enumerate(views.items(), 1):
        axes = figure.add_subplot(1, len(views), place)
        axes.set_title(name)
        if numbers := view.numeric_statistics():
            buckets = numbers.histograms[0].buckets
            edges = [buckets[0].low_value, *(bucket.high_value for bucket in buckets)]
            axes.stairs([bucket.sample_count for bucket in buckets], edges, fill=True)
        else:
            top = top_values(statistics, name)[:SHOWN][::-1]
            axes.barh(top.index, top)
    return figure


def distances(first: Statistics, second: Statistics, schema: schema_pb2.Schema) -> pd.Series:
    """Return the Jensen–Shannon divergence of each feature, from 0 (the same shares) to 1 (no value in common)."""
    measured = schema_pb2.Schema()
    measured.CopyFrom(schema)
    for feature in measured.feature:
        feature.drift_comparator.jensen_shannon_divergence.threshold = 1
    drifts = tfdv.validate_statistics(second, measured, previous_statistics=first).drift_skew_info
    return pd.Series({drift.path.step[0]: drift.drift_measurements[0].value for drift in drifts}).sort_values()


def _feature(statistics: Statistics, name: str) -> FeatureView:
    return DatasetListView(statistics).get_default_slice_or_die().get_feature(tfdv.FeaturePath([name]))


def _row(feature: FeatureView) -> dict[str, str]:
    common, strings, numbers = feature.common_statistics(), feature.string_statistics(), feature.numeric_statistics()
    count = common.num_non_missing + common.num_missing
    row = {"present": f"{common.num_non_missing / count:.1%}", "distinct": "", "commonest": "", "range": ""}
    if strings and strings.top_values:
        top = strings.top_values[0]
        row |= {"distinct": f"{strings.unique:,}", "commonest": f"{top.value} ({top.frequency / count:.1%})"}
    elif numbers:
        row["range"] = f"{numbers.min:.2f} to {numbers.max:.2f}, median {numbers.median:.2f}"
    return row
