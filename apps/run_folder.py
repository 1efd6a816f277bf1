"""What a run left in its folder, as tables of text that are shown as they are.

Each table of a report raises one of `NOT_THERE` where its figures are missing or have another form.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd

from pipelines.report_text import RANKING_METRICS, RANKINGS
from vitrine.labels import LABELS
from vitrine.markdown import interval
from vitrine.saved_model.versions import directories, numbered_directories

REPORT: Final = "report.json"
BENCHMARK: Final = "benchmark/benchmark.json"
MAX_BYTES: Final = 64 * 2**20
"""Of a file that is read."""
NOT_THERE: Final = (KeyError, TypeError, AttributeError, ValueError)
"""What it means that a report has no such figures."""


class UnreadableError(Exception):
    """A file that is missing or broken; the message is for people."""


def read(run: Path, name: str) -> dict[str, Any]:
    """One of the run's JSON files.

    Raises:
        UnreadableError: It is missing, too large, no JSON, or no object.
    """
    path = run / name
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError(f"{name} is larger than {MAX_BYTES // 2**20} MiB.")
        found = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise UnreadableError(f"There is no {name} in {run.name}.") from None
    except OSError as error:
        raise UnreadableError(f"{name} of {run.name} cannot be read: {error.strerror}.") from None
    except (ValueError, RecursionError):
        raise UnreadableError(f"{name} of {run.name} is not JSON: perhaps it was cut off.") from None
    if not isinstance(found, dict):
        raise UnreadableError(f"{name} of {run.name} is not a report.")
    return found


def overview(runs: list[Path]) -> pd.DataFrame:
    """A row a run with its headline figures; those that cannot be read say so in `status`."""
    rows = []
    for run in runs:
        row = {"run": run.name, "status": "", "nDCG@10": "", "accuracy": "", "macro-F1": "", "newest version": ""}
        newest = max((one for found in versions(run).values() for one in found), default=None)
        row["newest version"] = "" if newest is None else str(newest)
        try:
            report = read(run, REPORT)
            row["status"] = str(report.get("status", "unknown"))
            row["nDCG@10"] = figure(report["ranking"]["search_model"]["ndcg@10"]["value"])
            row["accuracy"] = figure(report["classifier"]["accuracy"])
            row["macro-F1"] = figure(report["classifier"]["macro_f1"])
        except UnreadableError:
            row["status"] = "no readable report"
        except NOT_THERE:
            row["status"] += ", not measured"
        rows.append(row)
    return pd.DataFrame(rows).set_index("run")


def size(report: Mapping[str, Any]) -> str:
    """How much data the run had."""
    counts = report["counts"]
    splits = [f"{counts['queries'][one]:,} {one} queries" for one in counts["queries"]]
    return ", ".join([f"{counts['products']:,} products, {counts['products_with_image']:,} with a picture", *splits])


def floors(report: Mapping[str, Any]) -> pd.DataFrame:
    """Each headline figure beside what no model at all would reach."""
    floor, classifier = report["floors"], report["classifier"]
    ndcg = report["ranking"]["search_model"]["ndcg@10"]["value"]
    figures = {
        "nDCG@10 of the judged pools": ("random order", floor["random_ndcg@10"], ndcg),
        "accuracy": ("majority class", floor["majority_accuracy"], classifier["accuracy"]),
        "macro-F1": ("majority class", floor["majority_macro_f1"], classifier["macro_f1"]),
        "kappa": ("majority class", 0.0, classifier["kappa"]),
    }
    rows = {
        name: {"floor": f"{figure(low)} ({of})", "result": figure(value), "above the floor": f"{value - low:+.3f}"}
        for name, (of, low, value) in figures.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def rankings(found: Mapping[str, Any]) -> pd.DataFrame:
    """Means over queries with 95% intervals, a row a ranking."""
    rows = {
        RANKINGS.get(name, name): {metric: interval(row[metric]) for metric in RANKING_METRICS}
        for name, row in found.items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def best_first(found: Mapping[str, Any]) -> pd.DataFrame:
    """As `rankings`, by nDCG@10."""
    return rankings(dict(sorted(found.items(), key=lambda one: -one[1]["ndcg@10"]["value"])))


def confusion(report: Mapping[str, Any]) -> pd.DataFrame:
    """Counts, int [4, 4]: rows are true labels, columns predicted ones."""
    counts = report["classifier"]["confusion"]
    return pd.DataFrame(counts, [f"true {one}" for one in LABELS], [f"predicted {one}" for one in LABELS]).astype(int)


def per_class(report: Mapping[str, Any]) -> pd.DataFrame:
    """Precision, recall and F1 of each label."""
    rows = {
        label: {name: figure(row[name]) for name in ("precision", "recall", "f1")} | {"pairs": f"{row['support']:,}"}
        for label, row in report["classifier"]["per_class"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def slices(benchmark: Mapping[str, Any]) -> pd.DataFrame:
    """NDCG@10 of each ranking in each slice of the held-out queries."""
    found = benchmark["rankings"]["slices"]
    columns = {
        f"{name} ({one['queries']})": {ranking: figure(row["value"]) for ranking, row in one["ndcg@10"].items()}
        for name, one in found.items()
    }
    return pd.DataFrame(columns)


def nodes(report: Mapping[str, Any]) -> pd.DataFrame:
    """State, seconds and peak memory of each node."""
    peaks = report.get("peak_mib", {})
    rows = {
        name: {"state": state, "seconds": f"{report['seconds'][name]:.1f}", "peak MiB": f"{peaks.get(name, '')}"}
        for name, state in report["states"].items()
    }
    return pd.DataFrame.from_dict(rows, orient="index")


def versions(run: Path) -> dict[str, list[int]]:
    """The versions in `serving/`, by model, newest first."""
    return {folder.name: sorted(numbered_directories(folder), reverse=True) for folder in directories(run / "serving")}


def pushed(run: Path, catalogues: list[dict[str, Any]]) -> pd.DataFrame:
    """A row a version: when it was pushed, which models have it, and which of a gateway's catalogues has its number."""
    found = versions(run)
    numbers = sorted({one for each in found.values() for one in each}, reverse=True)
    rows = {
        str(one): {
            "pushed": when(one),
            "models": ", ".join(name for name, each in found.items() if one in each),
            "served as": ", ".join(found["name"] for found in catalogues if found["version"] == one),
        }
        for one in numbers
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["pushed", "models", "served as"])


def when(version: int) -> str:
    """The time that a version's number is; small numbers are none."""
    return f"{datetime.fromtimestamp(version, UTC):%Y-%m-%d %H:%M} UTC" if 10**9 < version < 10**11 else ""


def figure(value: float) -> str:
    """Three decimals."""
    return f"{value:.3f}"
