"""Tables of text from the files in the folder of a run.

The functions that read a report raise one of `MISSING_FIGURES` if its figures are missing or have another form.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipelines.report_markdown import RANKING_METRICS, RANKINGS
from vitrine.labels import LABELS
from vitrine.markdown import interval
from vitrine.saved_model.versions import directories, numbered_directories

REPORT: Final = "report.json"
BENCHMARK: Final = "benchmark/benchmark.json"
MAX_BYTES: Final = 64 * 2**20
"""Bytes of the largest file that is read."""
MISSING_FIGURES: Final = (KeyError, TypeError, AttributeError, ValueError)
"""The exceptions that mean that a report lacks the figures of a table."""


class UnreadableError(Exception):
    """A file that is missing or damaged, with a message for users."""


def read(run: Path, name: str) -> dict[str, Any]:
    """Read one of the run's JSON files.

    Raises:
        UnreadableError: The file is missing, too large, not JSON, or not an object.
    """
    path = run / name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError(f"{name} is larger than {MAX_BYTES // 2**20} MiB.")
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableError(f"There is no {name} in {run.name}.") from None
    except OSError as error:
        raise UnreadableError(f"{name} of {run.name} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise UnreadableError(f"{name} of {run.name} is not JSON: perhaps it was cut off.") from None
    if not isinstance(content, dict):
        raise UnreadableError(f"{name} of {run.name} is not a report.")
    return content


def overview(runs: list[Path]) -> pd.DataFrame:
    """Return one row per run with its headline figures; `status` tells if its report cannot be read."""
    rows = []
    for run in runs:
        row = {"run": run.name, "status": "", "nDCG@10": "", "accuracy": "", "macro-F1": "", "newest version": ""}
        newest = max((version for numbers in versions(run).values() for version in numbers), default=None)
        row["newest version"] = "" if newest is None else str(newest)
        try:
            report = read(run, REPORT)
            row["status"] = str(report.get("status", "unknown"))
            row["nDCG@10"] = figure(report["ranking"]["search_model"]["ndcg@10"]["value"])
            row["accuracy"] = figure(report["classifier"]["accuracy"])
            row["macro-F1"] = figure(report["classifier"]["macro_f1"])
        except UnreadableError:
            row["status"] = "no readable report"
        except MISSING_FIGURES:
            row["status"] += ", not measured"
        rows.append(row)
    return pd.DataFrame(rows).set_index("run")


def size(report: Mapping[str, Any]) -> str:
    """Describe the size of the run's data."""
    counts = report["counts"]
    splits = [f"{count:,} {split} queries" for split, count in counts["queries"].items()]
    return ", ".join([f"{counts['products']:,} products, {counts['products_with_image']:,} with an image", *splits])


def floors(report: Mapping[str, Any]) -> pd.DataFrame:
    """Compare each headline figure with its floor, the figure that needs no model."""
    floor, classifier = report["floors"], report["classifier"]
    ndcg = report["ranking"]["search_model"]["ndcg@10"]["value"]
    figures = {
        "nDCG@10 of the judged pools": ("random order", floor["random_ndcg@10"], ndcg),
        "accuracy": ("majority class", floor["majority_accuracy"], classifier["accuracy"]),
        "macro-F1": ("majority class", floor["majority_macro_f1"], classifier["macro_f1"]),
        "kappa": ("majority class", 0.0, classifier["kappa"]),
    }
    rows = {
        name: {"floor": f"{figure(low)} ({kind})", "result": figure(value), "above the floor": f"{value - low:+.3f}"}
        for name, (kind, low, value) in figures.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def rankings(figures: Mapping[str, Any]) -> pd.DataFrame:
    """Return the means over queries with 95% intervals, one row per ranking."""
    rows = {
        RANKINGS.get(name, name): {metric: interval(**row[metric]) for metric in RANKING_METRICS}
        for name, row in figures.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def best_first(figures: Mapping[str, Any]) -> pd.DataFrame:
    """Return the table of `rankings`, sorted by nDCG@10."""
    return rankings(dict(sorted(figures.items(), key=lambda item: -item[1]["ndcg@10"]["value"])))


def confusion(report: Mapping[str, Any]) -> pd.DataFrame:
    """Return the counts, int [4, 4]: rows are true labels, columns predicted ones."""
    counts = report["classifier"]["confusion"]
    true, predicted = [f"true {label}" for label in LABELS], [f"predicted {label}" for label in LABELS]
    return pd.DataFrame(counts, true, predicted).astype(int)


def per_class(report: Mapping[str, Any]) -> pd.DataFrame:
    """Return the precision, recall and F1 of each label."""
    rows = {
        label: {name: figure(row[name]) for name in ("precision", "recall", "f1")} | {"pairs": f"{row['support']:,}"}
        for label, row in report["classifier"]["per_class"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def slices(benchmark: Mapping[str, Any]) -> pd.DataFrame:
    """Return the nDCG@10 of each ranking in each slice of the held-out queries."""
    columns = {
        f"{name} ({part['queries']})": {ranking: figure(row["value"]) for ranking, row in part["ndcg@10"].items()}
        for name, part in benchmark["rankings"]["slices"].items()
    }
    return pd.DataFrame(columns)


def nodes(report: Mapping[str, Any]) -> pd.DataFrame:
    """Return the state, seconds and peak memory of each node."""
    peaks = report.get("peak_mib", {})
    rows = {
        name: {"state": state, "seconds": f"{report['seconds'][name]:.1f}", "peak MiB": f"{peaks.get(name, '')}"}
        for name, state in report["states"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def versions(run: Path) -> dict[str, list[int]]:
    """Return the versions in `serving/` by model, newest first."""
    return {folder.name: sorted(numbered_directories(folder), reverse=True) for folder in directories(run / "serving")}


def pushed(run: Path, catalogues: list[dict[str, Any]]) -> pd.DataFrame:
    """Return one row per version: its time, the models that have it, and the catalogues that serve its number."""
    by_model = versions(run)
    pushed_versions = sorted({version for numbers in by_model.values() for version in numbers}, reverse=True)
    rows = {
        str(version): {
            "pushed": push_time(version),
            "models": ", ".join(model for model, numbers in by_model.items() if version in numbers),
            "served as": ", ".join(catalogue["name"] for catalogue in catalogues if catalogue["version"] == version),
        }
        for version in pushed_versions
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["pushed", "models", "served as"])


def push_time(version: int) -> str:
    """Return the time that a version's number encodes; "" for small numbers, which encode none."""
    return f"{datetime.fromtimestamp(version, UTC):%Y-%m-%d %H:%M} UTC" if 10**9 < version < 10**11 else ""


def figure(value: float) -> str:
    """Format a figure with three decimals."""
    return f"{value:.3f}"
