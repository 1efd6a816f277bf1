"""Drift of the columns of searches between two windows, by Evidently with tests of two samples."""

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel
from scipy import stats  # type: ignore[import-untyped]

from vitrine.experiments.statistics import holm
from vitrine.extras import require_extra

NUMBERS: Final = ("words", "characters", "total", "latency_ms")
CATEGORIES: Final = (
    "language", "unknown_words", "catalogue", "kind", "route", "junk", "no_result", "rewritten", "clicked", "filtered",
)  # fmt: skip
TEST: Final = "homogeneity"
"""The name of our test of categories in Evidently."""
RARE: Final = 10
"""Searches in both windows together below which categories are counted as one, for χ² to hold (Cochran 1954)."""


class ColumnDrift(BaseModel):
    """The test of one column: p-values (by itself, and by Holm for all columns), and the distance of distributions."""

    column: str
    kind: Literal["number", "category"]
    p_value: float
    p_corrected: float
    distance: float


def column_drift(reference: pd.DataFrame, current: pd.DataFrame, report: Path | None = None) -> list[ColumnDrift]:
    """Test whether columns of two independent samples have equal distributions.

    Numbers are compared by the Kolmogorov-Smirnov test, categories by Pearson's χ² test of homogeneity. Evidently's own
    test of categories takes the reference's shares as exact, and so raises false alarms where the reference is no
    larger than the sample.

    Args:
        reference: The columns `NUMBERS` and `CATEGORIES` of the earlier searches.
        current: The same columns of the searches to test.
        report: Where Evidently's report of the distributions is written, an HTML file; None: nowhere.

    Returns:
        The columns that vary at all.

    Raises:
        MissingExtraError: Evidently is not installed.
    """
    numbers = [name for name in NUMBERS if _varies(reference[name], current[name])]
    categories = [name for name in CATEGORIES if _varies(reference[name], current[name])]
    if not numbers and not categories:
        return []
    reference, current = (frame[[*numbers, *categories]] for frame in _without_rare(reference, current, categories))
    p_values = _evidently(reference, current, numbers, categories, report)
    corrected = holm([p_values[name] for name in p_values])
    return [
        ColumnDrift(
            column=name,
            kind="number" if name in numbers else "category",
            p_value=p_values[name],
            p_corrected=corrected[position],
            distance=_distance(reference[name], current[name]),
        )
        for position, name in enumerate(p_values)
    ]


def _varies(reference: "pd.Series[str]", current: "pd.Series[str]") -> bool:
    return pd.concat([reference, current]).nunique() > 1


def _without_rare(
    reference: pd.DataFrame, current: pd.DataFrame, categories: list[str]
) -> tuple[pd.DataFrame, pd.DataFrame]:
    frames = [reference.copy(), current.copy()]
    for name in categories:
        values = pd.concat([frame[name].astype(str) for frame in frames])
        counts = values.value_counts()
        rare = set(counts.index[counts < RARE])
        for frame in frames:
            texts = frame[name].astype(str)
            frame[name] = texts.where(~texts.isin(rare), "other")
    return frames[0], frames[1]


def _evidently(
    reference: pd.DataFrame, current: pd.DataFrame, numbers: list[str], categories: list[str], report: Path | None
) -> Mapping[str, float]:
    require_extra("monitor", "monitoring", "evidently")
    from evidently import DataDefinition, Dataset, Report
    from evidently.presets import DataDriftPreset

    _register_test()
    definition = DataDefinition(numerical_columns=numbers, categorical_columns=categories)
    data = [Dataset.from_pandas(frame, data_definition=definition) for frame in (current, reference)]
    with warnings.catch_warnings(), np.errstate(invalid="ignore"):  # of correlations with columns that do not vary
        warnings.simplefilter("ignore")
        snapshot = Report([DataDriftPreset(num_method="ks", cat_method=TEST)]).run(*data)
    if report is not None:
        snapshot.save_html(str(report))
    found = {
        metric["config"]["column"]: float(metric["value"])
        for metric in snapshot.dict()["metrics"]
        if "column" in metric["config"]
    }
    return {name: found[name] for name in (*numbers, *categories)}


def _register_test() -> None:
    from evidently.legacy.calculations.stattests.registry import StatTest, register_stattest
    from evidently.legacy.core import ColumnType

    def homogeneity(
        reference: "pd.Series[str]", current: "pd.Series[str]", _: ColumnType, threshold: float
    ) -> tuple[float, bool]:
        p_value = homogeneity_p(reference, current)
        return p_value, p_value < threshold

    test = StatTest(TEST, "χ² test of homogeneity", [ColumnType.Categorical])
    register_stattest(test, homogeneity)


def homogeneity_p(reference: "pd.Series[str]", current: "pd.Series[str]") -> float:
    """Return the p-value of equal shares of categories in two samples, by Pearson's χ² test; 1 for one category."""
    table = _counts(reference, current)
    table = table[:, table.sum(axis=0) > 0]
    return float(stats.chi2_contingency(table, correction=False).pvalue) if table.shape[1] > 1 else 1.0


def _distance(reference: "pd.Series[str]", current: "pd.Series[str]") -> float:
    """Return the Kolmogorov-Smirnov distance of numbers, or the total variation distance of categories."""
    if pd.api.types.is_numeric_dtype(reference):
        return float(stats.ks_2samp(reference, current, method="asymp").statistic)
    table = _counts(reference, current)
    shares = table / table.sum(axis=1, keepdims=True)
    return float(np.abs(shares[0] - shares[1]).sum() / 2)


def _counts(reference: "pd.Series[str]", current: "pd.Series[str]") -> npt.NDArray[np.int64]:
    counted = [series.value_counts() for series in (reference, current)]
    return pd.concat(counted, axis=1).fillna(0).to_numpy(np.int64).T
