"""What TensorFlow Model Analysis measured, slice by slice, as a table."""

from collections.abc import Sequence
from typing import Any, Final

import pandas as pd

WHOLE: Final = "all pairs"


def slice_table(slicing_metrics: Sequence[Any], names: Sequence[str]) -> pd.DataFrame:
    """A row a slice, the whole first and then by the number of pairs; `pairs` and the metrics of these names.

    `slicing_metrics` is an EvalResult's: pairs of a slice's key and its metrics by output and, within, by sub key.
    """
    rows = {}
    for key, outputs in slicing_metrics:
        found = {name: value for by_key in outputs.values() for one in by_key.values() for name, value in one.items()}
        # The JSON of a proto leaves zeros out.
        numbers = {name: float(found[name].get("doubleValue", 0)) for name in ("example_count", *names)}
        rows[", ".join(f"{feature} {value}" for feature, value in key) or WHOLE] = numbers
    table = pd.DataFrame.from_dict(rows, orient="index").rename(columns={"example_count": "pairs"})
    table["pairs"] = table["pairs"].astype(int)
    return table.sort_values("pairs", ascending=False)
