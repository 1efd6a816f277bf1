"""Lists runs with what came of each, how long it took and what it measured, from their metadata stores."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from pipelines.metadata.pushes import pushed, pusher_id
from pipelines.metadata.records import RunRecord, all_runs
from pipelines.metadata.relocation import moved_to
from pipelines.run_directory import RunDirectory
from pipelines.run_discovery import find_recorded
from pipelines.run_metrics import headline, read_metrics
from vitrine.files.locking import is_locked

_LAST: Final = "product_search"
"""The model that is pushed last: a run that has decided about it is at its end."""


@dataclass(frozen=True)
class Run:
    """A run.

    Attributes:
        directory: Where it lies.
        name: The pipeline's.
        started: When, as ISO 8601 in UTC.
        seconds: From its start to the end of its last node.
        status: `pushed`, `refused`, `failed`, `interrupted`, or `running`.
        nodes: How many were executed, or found in the cache.
        cached: How many of them were found in the cache.
        version: What was pushed, if anything was.
        metrics: The figures that runs are compared by, as `metrics.json` has them.
    """

    directory: str
    name: str
    started: str
    seconds: float
    status: str
    nodes: int
    cached: int
    version: str | None
    metrics: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


def list_runs(folder: Path) -> list[Run]:
    """Every run in `folder`, a run's directory or one that holds several; the newest first.

    Raises:
        DataError: It holds none, or a metadata store that cannot be read.
    """
    found = (run for directory in find_recorded(folder) for run in _runs(directory))
    return sorted(found, key=lambda run: run.started, reverse=True)


def _runs(directory: RunDirectory) -> Iterator[Run]:
    for index, record in enumerate(all_runs(directory.metadata)):
        status = _status(record)
        if status == "interrupted" and index == 0 and is_locked(directory.lock):
            status = "running"
        version = pushed(record.nodes).get(_LAST)
        yield Run(
            directory=str(directory.output),
            name=record.pipeline,
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
    if "interrupted" in states or pusher_id(_LAST) not in run.nodes:
        return "interrupted"
    return "pushed" if _LAST in pushed(run.nodes) else "refused"


def _metrics(run: RunRecord, directory: RunDirectory) -> dict[str, float]:
    node = run.nodes.get("RetrievalEvaluator")
    evaluation = node.output("evaluation") if node else None
    if evaluation:
        with suppress(OSError):  # artifacts of old runs may be cleared away
            return headline(read_metrics(Path(moved_to(evaluation.uri, directory.artifacts.resolve()))))
    return {}
