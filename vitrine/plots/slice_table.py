"""Tables of TensorFlow Model Analysis' metrics by slice."""

from collections.abc import Mapping, Sequence
from typing import Final

import pandas as pd

Metrics = Mapping[str, Mapping[str, float]]
"""Metrics as a proto's JSON, `{"accuracy": {"doubleValue": 0.5}}`."""
Slice = tuple[Sequence[tuple[str, object]], Mapping[str, Mapping[str, Metrics]]]
"""A slice's features with their values, and its metrics by output and sub key."""
WHOLE: Final = "all pairs"


def slice_table(slicing_metrics: Sequence[Slice], names: Sequence[str]) -> pd.DataFrame:
    """Return a table of one row per slice, sorted by the number of pairs, with `pairs` and the metrics in `names`.

    `slicing_metrics` are those of an EvalResult.
    """
    rows = {}
    for key, outputs in slicing_metrics:
        sub_keys = (metrics for by_sub_key in outputs.values() for metrics in by_sub_key.values())
        values = {name: value for metrics in sub_keys for name, value in metrics.items()}
        # The JSON of a proto omits zeros.
        numbers = {name: float(values[name].get("doubleValue", 0)) for name in ("example_count", *names)}
        rows[", ".join(f"{feature} {value}" for feature, value in key) or WHOLE] = numbers
    table = pd.DataFrame.from_dict(rows, orient="index").rename(columns={"example_count": "pairs"})
    table["pairs"] = table["pairs"].astype(int)
    return table.sort_values("pairs", ascending=False)
