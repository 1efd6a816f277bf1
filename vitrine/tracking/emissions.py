"""Estimates of a training's energy and emissions, by CodeCarbon, offline."""

import csv
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final

from vitrine.tracking.settings import TrackingSettings

FILE: Final = "emissions.csv"
SECONDS_BETWEEN_MEASUREMENTS: Final = 5

logger = logging.getLogger(__name__)


def read_emissions(directory: Path) -> dict[str, float]:
    """Return the sums of what was measured in a training's directory, as `start_emissions` does; empty without it."""
    columns = {"energy_kwh": "energy_consumed", "emissions_kg": "emissions", "duration_s": "duration"}
    path = directory / FILE
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return {name: sum(float(row[column]) for row in rows) for name, column in columns.items()} if rows else {}


def start_emissions(settings: TrackingSettings, directory: Path) -> Callable[[], dict[str, float]]:
    """Start measuring this process.

    Args:
        settings: whether emissions are measured, and the country.
        directory: the directory of `emissions.csv`.

    Returns:
        A function that stops measuring, writes the file, and returns `energy_kwh`, `emissions_kg` (CO2 equivalents)
        and `duration_s`. Where tracking is off or has failed (with one warning), it returns an empty dict.
    """
    if not settings.enabled:
        return dict
    try:
        from codecarbon import OfflineEmissionsTracker

        logging.getLogger("codecarbon").setLevel(logging.CRITICAL)  # `log_level` takes effect after the first messages
        tracker = OfflineEmissionsTracker(
            country_iso_code=settings.country_iso_code,
            output_dir=str(directory),
            output_file=FILE,
            project_name=settings.experiment,
            tracking_mode="process",
            measure_power_secs=SECONDS_BETWEEN_MEASUREMENTS,
            allow_multiple_runs=True,
            save_to_api=False,
            log_level="critical",
        )
        tracker.start()
    except Exception as error:
        logger.warning("Emissions are not measured, the training goes on: %s", error)
        return dict

    def stop() -> dict[str, float]:
        tracker.stop()
        final = getattr(tracker, "final_emissions_data", None)
        if final is None:  # CodeCarbon suppresses its own errors
            logger.warning("Emissions were not measured: CodeCarbon gave no figures.")
            return {}
        return {
            "energy_kwh": final.energy_consumed,
            "emissions_kg": final.emissions,
            "duration_s": final.duration,
        }

    return stop
