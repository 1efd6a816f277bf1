"""The list of runs with their status, duration and metrics, from their metadata stores."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from pipelines.kinds import Kind
from pipelines.metadata.pushes import pushed_models, pusher_id
from pipelines.metadata.records import RunRecord, all_runs
from pipelines.metadata.relocation import current_uri
from pipelines.run_directory import RunDirectory
from pipelines.run_discovery import find_runs_with_metadata
from pipelines.run_metrics import headline
from vitrine.evaluation.metrics_file import read_evaluation
from vitrine.files.locking import is_locked

_LAST_PUSHED: Final = "product_search"
"""The model that is pushed last; a run is complete once its Pusher has run."""


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes:
        directory: The run's directory.
        name: The pipeline's name.
        run_id: TFX's id of the run, as in lineage and in the loop's journal.
        kind: `run`, or `refresh` for a catalogue run.
        started: The start, as ISO 8601 in UTC.
        seconds: The time from the start to the end of the last node.
        status: `pushed`, `refused`, `failed`, `interrupted`, or `running`.
        nodes: The number of nodes that were executed or found in the cache.
        cached: The number of nodes found in the cache.
        version: The pushed version, if any.
        metrics: The figures of `metrics.json`, by which runs are compared.
    """

    directory: str
    name: str
    run_id: str
    kind: Kind
    started: str
    seconds: float
    status: str
    nodes: int
    cached: int
    version: str | None
    metrics: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """Return plain values, for JSON."""
        return asdict(self)


def list_runs(folder: Path) -> list[Run]:
    """Return every run in `folder`, a run's directory or one with several; the newest first.

    Raises:
        DataError: It holds none, or a metadata store that cannot be read.
    """
    runs = (run for directory in find_runs_with_metadata(folder) for run in _runs(directory))
    return sorted(runs, key=lambda run: run.started, reverse=True)


def _runs(directory: RunDirectory) -> Iterator[Run]:
    for index, record in enumerate(all_runs(directory.metadata)):
        status = _status(record)
        if status == "interrupted" and index == 0 and is_locked(directory.lock):
            status = "running"
        version = pushed_models(record.nodes).get(_LAST_PUSHED)
        yield Run(
            directory=str(directory.output),
            name=record.pipeline,
            run_id=record.run_id,
            kind=record.kind,
            started=datetime.fromtimestamp(record.started, UTC).isoformat(timespec="seconds"),
            seconds=round(record.ended - record.started, 1),
            status=status,
            nodes=len(record.nodes),
            cached=sum(node.state == "cached" for node in record.nodes.values()),
            version=Path(version).name if version else None,
            metrics=_metrics(record, directory),
        )


def _status(run: RunRecord) -> str:
    states = {node.state for node in run.nodes.values()}
    if "failed" in states:
        return "failed"
    if "interrupted" in states or pusher_id(_LAST_PUSHED) not in run.nodes:
        return "interrupted"
    return "pushed" if _LAST_PUSHED in pushed_models(run.nodes) else "refused"


def _metrics(run: RunRecord, directory: RunDirectory) -> dict[str, float]:
    node = run.nodes.get("RetrievalEvaluator")
    evaluation = node.output("evaluation") if node else None
    if evaluation:
        with suppress(OSError):  # artifacts of old runs may have been deleted
            return headline(read_evaluation(Path(current_uri(evaluation.uri, directory.artifacts.resolve()))))
    return {}
