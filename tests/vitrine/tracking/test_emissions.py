import csv
import logging
from pathlib import Path

import pytest

from vitrine.tracking.emissions import read_emissions, start_emissions
from vitrine.tracking.settings import TrackingSettings


def test_the_returned_figures_agree_with_the_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    stop = start_emissions(TrackingSettings(country_iso_code="FRA"), tmp_path)
    sum(range(1_000_000))
    figures = stop()
    (row,) = csv.DictReader((tmp_path / "emissions.csv").open(encoding="utf-8"))
    assert row["country_iso_code"] == "FRA"
    assert set(figures) == {"energy_kwh", "emissions_kg", "duration_s"}
    assert figures["emissions_kg"] == pytest.approx(float(row["emissions"]))
    assert figures["energy_kwh"] > 0
    assert read_emissions(tmp_path) == pytest.approx(figures)
    assert "codecarbon" not in "".join(capfd.readouterr()).lower()


def test_nothing_is_measured_when_tracking_is_off(tmp_path: Path) -> None:
    assert start_emissions(TrackingSettings(enabled=False), tmp_path)() == {}
    assert list(tmp_path.iterdir()) == []
    assert read_emissions(tmp_path) == {}


def test_a_failure_costs_one_warning(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "vitrine"):
        assert start_emissions(TrackingSettings(), tmp_path / "missing")() == {}
    assert len(caplog.records) == 1
