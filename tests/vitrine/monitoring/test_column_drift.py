from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vitrine.monitoring.column_drift import CATEGORIES, NUMBERS, column_drift, homogeneity_p


def searches(rng: np.random.Generator, count: int, unknown: float = 0.1, length: float = 12.0) -> pd.DataFrame:
    frame = pd.DataFrame({name: ["x"] * count for name in CATEGORIES})
    return frame.assign(
        words=rng.integers(1, 5, count),
        characters=rng.poisson(length, count),
        total=rng.choice([0, 24], count, p=[0.1, 0.9]),
        latency_ms=rng.lognormal(3, 0.5, count),
        language=rng.choice(["latin", "german", "english", "cjk"], count, p=[0.7, 0.2, 0.099, 0.001]),
        unknown_words=rng.random(count) < unknown,
    )


def test_a_shift_is_found_in_its_column_alone(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    report = tmp_path / "columns.html"
    found = column_drift(searches(rng, 2000), searches(rng, 2000, unknown=0.3), report)
    drifted = {column.column: column for column in found if column.p_corrected < 0.01}
    assert drifted.keys() == {"unknown_words"}
    assert drifted["unknown_words"].distance == pytest.approx(0.2, abs=0.04)
    assert "unknown_words" in report.read_text(encoding="utf-8")


def test_numbers_are_compared_by_kolmogorov_and_smirnov() -> None:
    rng = np.random.default_rng(0)
    reference, current = searches(rng, 300), searches(rng, 400, length=14)
    found = {column.column: column for column in column_drift(reference, current)}["characters"]
    expected = stats.ks_2samp(reference["characters"], current["characters"])
    assert found.p_value == pytest.approx(expected.pvalue)
    assert found.distance == pytest.approx(expected.statistic)


def test_columns_that_do_not_vary_are_not_tested() -> None:
    rng = np.random.default_rng(0)
    tested = {column.column for column in column_drift(searches(rng, 200), searches(rng, 200))}
    assert tested == {*NUMBERS, "language", "unknown_words"}
    constant = searches(rng, 50).assign(words=1, characters=1, total=1, latency_ms=1.0, language="x", unknown_words=0)
    assert column_drift(constant, constant) == []


def test_false_alarms_of_categories_are_as_rare_as_alpha() -> None:
    """The samples differ in size: a test that took the reference as exact would raise seven times as many."""
    alarms = 0
    for seed in range(1000):
        rng = np.random.default_rng(seed)
        reference, current = (pd.Series(rng.choice(list("abc"), count, p=[0.6, 0.3, 0.1])) for count in (300, 600))
        alarms += homogeneity_p(reference, current) < 0.05
    low, high = stats.binom.ppf([0.0005, 0.9995], 1000, 0.05)
    assert low <= alarms <= high


def test_a_false_alarm_of_any_column_is_as_rare_as_alpha() -> None:
    alarms = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        found = column_drift(searches(rng, 300), searches(rng, 900))
        alarms += any(column.p_corrected < 0.05 for column in found)
    assert alarms <= stats.binom.ppf(0.999, 40, 0.05)
