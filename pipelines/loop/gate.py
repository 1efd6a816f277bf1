"""The gate of a cycle: the new version beside the stable one, on the held-out queries of now and of earlier."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from pipelines.loop.journal import Figures
from pipelines.loop.worker import in_worker
from pipelines.run_directory import RunDirectory
from vitrine.data.columns import QUERY
from vitrine.data.contract.files import merged_judgements, query_splits
from vitrine.data.contract.judges import without_clicks
from vitrine.data.contract.spans import judgement_files, split_window
from vitrine.data.contract.splits import normalise
from vitrine.evaluation.metrics_file import ServedFigures
from vitrine.evaluation.served_version import ServedVersion
from vitrine.evaluation.thresholds import served_findings

CURRENT, OLDER = "current spans", "older spans"


@dataclass(frozen=True)
class Comparison:
    """The outcome of the gate: the reasons to refuse the version, and of comparisons that could not be made."""

    refused: tuple[str, ...]
    not_applied: tuple[str, ...]
    figures: Figures


def compare(data: Path, window: str, output: Path, version: int, stable: int, tolerance: float) -> Comparison:
    """Compare two versions in `output`, a run's directory, in a process of its own.

    The judgements are the held-out ones of the data folder: people's where there are any, since a version that learnt
    from clicks predicts clicks better than what people think of its results.

    Raises:
        DataError: A version or a file of judgements cannot be read.
    """
    directory = RunDirectory(output)
    versions = [_served(directory.serving, number) for number in (version, stable)]
    figures = in_worker(directory.log, _compare, versions[0], versions[1], held_out(data, window))
    findings: dict[str, list[str]] = {"refused": [], "not_applied": []}
    for name, found in figures.items():
        for kind, sentence in served_findings(found, tolerance):
            findings[kind].append(f"{name}: {sentence}")
    return Comparison(tuple(findings["refused"]), tuple(findings["not_applied"]), _brief(figures))


def held_out(data: Path, window: str) -> dict[str, pa.Table]:
    """Return the held-out judgements of the window, and those of the spans before it.

    Of older spans, queries that are trained on in the window are left out.
    """
    window_files, older_files = split_window(judgement_files(data), window)
    splits = query_splits(window_files)
    trained = pc.unique(merged_judgements(window_files, "train", splits)[QUERY]).to_pylist()
    older = merged_judgements(older_files, "eval", query_splits(older_files))
    known = {normalise(query) for query in trained}
    unknown = pa.array([normalise(query) not in known for query in older[QUERY].to_pylist()], pa.bool_())
    judgements = {CURRENT: merged_judgements(window_files, "eval", splits), OLDER: older.filter(unknown)}
    return {name: without_clicks(table) for name, table in judgements.items()}


def _compare(
    candidate: ServedVersion, served: ServedVersion, judgements: Mapping[str, pa.Table]
) -> dict[str, ServedFigures]:
    from vitrine.evaluation.version_comparison import compare_versions  # loads TensorFlow

    return compare_versions(candidate, served, judgements)


def _served(serving: Path, version: int) -> ServedVersion:
    return ServedVersion(str(version), serving / "product_search" / str(version), serving / "index" / str(version))


def _brief(figures: Mapping[str, ServedFigures]) -> Figures:
    """Return the numbers that the journal keeps: nDCG@10 of both, and their difference, by set of queries."""
    return {
        name: {"not_compared": found["not_compared"]}
        if "not_compared" in found
        else {
            "queries": found["queries"],
            "candidate": found["search_model"]["ndcg@10"]["value"],
            "stable": found["served"]["ndcg@10"]["value"],
            "difference": {bound: found["difference"][bound] for bound in ("value", "low", "high", "p_value")},
        }
        for name, found in figures.items()
    }
