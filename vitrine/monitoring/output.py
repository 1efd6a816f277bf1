"""The files of a monitored window, and its MLflow run."""

from pathlib import Path
from typing import Final

from vitrine.extras import require_extra
from vitrine.files.replacing import write_text
from vitrine.monitoring.gauges import write_gauges
from vitrine.monitoring.monitor import Sources, monitor
from vitrine.monitoring.report import report_html
from vitrine.monitoring.result import MonitoringResult
from vitrine.monitoring.settings import MonitorSettings
from vitrine.monitoring.window import Window
from vitrine.tracking.recorder import open_recorder

JSON: Final = "monitor.json"
REPORT: Final = "report.html"
COLUMNS: Final = "columns.html"
GAUGES: Final = "vitrine_monitor.prom"


def monitor_to(
    output: Path, sources: Sources, window: Window, reference: Window, settings: MonitorSettings | None = None
) -> MonitoringResult:
    """Compare a window of searches with an earlier one, and write what was found into the folder `output`.

    The files are `monitor.json` (a `MonitoringResult`), `report.html`, Evidently's `columns.html`, and
    `vitrine_monitor.prom` for Prometheus; those of an earlier call are replaced. The window is also a run in MLflow, if
    tracking is enabled.

    Raises:
        DataError: The window has no searches, or a source cannot be read.
        MissingExtraError: Evidently or Jinja is not installed.
    """
    require_extra("monitor", "monitoring", "evidently", "jinja2")
    settings = settings or MonitorSettings()
    output.mkdir(parents=True, exist_ok=True)
    columns = output / COLUMNS
    columns.unlink(missing_ok=True)
    result = monitor(sources, window, reference, settings, columns)
    write_text(output / JSON, result.model_dump_json(indent=2) + "\n")
    write_text(output / REPORT, report_html(result, settings, COLUMNS if columns.exists() else None))
    write_gauges(result, output / GAUGES)
    _record(result, settings, output)
    return result


def _record(result: MonitoringResult, settings: MonitorSettings, output: Path) -> None:
    tags = {"since": result.current.since, "until": result.current.until, "version": str(result.version or "")}
    recorder = open_recorder(settings.tracking, f"searches {result.current.since[:10]}", tags, output)
    recorder.parameters(settings.model_dump(exclude={"tracking"}))
    recorder.metrics(metrics(result))
    for name in (JSON, REPORT):
        recorder.files(output / name)
    recorder.close()


def metrics(result: MonitoringResult) -> dict[str, float]:
    """Return the figures of a window that MLflow plots over windows."""
    found: dict[str, float] = {
        "searches": result.current.searches,
        "users": result.current.users,
        "drifted": float(result.verdict.drifted),
        "alerts": len(result.verdict.reasons),
    }
    found |= {f"share_{name}": value for name, value in result.current.shares.items()}
    found |= {f"distance_{column.column}": column.distance for column in result.columns}
    if result.current.unknown_words is not None:
        found["share_unknown_words"] = result.current.unknown_words
    if result.vectors:
        found["vectors_separability"] = result.vectors.separability
    if result.training:
        found["training_separability"] = result.training.separability
    if result.quality:
        found |= {"shown_ndcg@10": result.quality.shown.value, "served_ndcg@10": result.quality.served.value}
    return found
