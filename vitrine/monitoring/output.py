"""The files of a monitored window, and its MLflow run."""

from pathlib import Path
from typing import Final

from vitrine.extras import require_extra
from vitrine.files.replacing import write_text
from vitrine.monitoring.gauges import write_gauges
from vitrine.monitoring.monitor import Sources, monitor
from vitrine.monitoring.report import report_html
from vitrine.monitoring.settings import MonitorSettings
from vitrine.monitoring.watch import Watch
from vitrine.monitoring.window import Window
from vitrine.tracking.recorder import open_recorder

JSON: Final = "monitor.json"
REPORT: Final = "report.html"
COLUMNS: Final = "columns.html"
GAUGES: Final = "vitrine_monitor.prom"


def monitor_to(
    output: Path, sources: Sources, window: Window, reference: Window, settings: MonitorSettings | None = None
) -> Watch:
    """Compare a window of searches with an earlier one, and write what was found into the folder `output`.

    The files are `monitor.json` (a `Watch`), `report.html`, Evidently's `columns.html`, and `vitrine_monitor.prom` for
    Prometheus; those of an earlier call are replaced. The window is also a run in MLflow, if tracking is enabled.

    Raises:
        DataError: The window has no searches, or a source cannot be read.
        MissingExtraError: Evidently or Jinja is not installed.
    """
    require_extra("monitor", "monitoring", "evidently", "jinja2")
    settings = settings or MonitorSettings()
    output.mkdir(parents=True, exist_ok=True)
    columns = output / COLUMNS
    columns.unlink(missing_ok=True)
    watch = monitor(sources, window, reference, settings, columns)
    write_text(output / JSON, watch.model_dump_json(indent=2) + "\n")
    write_text(output / REPORT, report_html(watch, settings, COLUMNS if columns.exists() else None))
    write_gauges(watch, output / GAUGES)
    _record(watch, settings, output)
    return watch


def _record(watch: Watch, settings: MonitorSettings, output: Path) -> None:
    tags = {"since": watch.current.since, "until": watch.current.until, "version": str(watch.version or "")}
    recorder = open_recorder(settings.tracking, f"searches {watch.current.since[:10]}", tags, output)
    recorder.parameters(settings.model_dump(exclude={"tracking"}))
    recorder.metrics(metrics(watch))
    for name in (JSON, REPORT):
        recorder.files(output / name)
    recorder.close()


def metrics(watch: Watch) -> dict[str, float]:
    """Return the figures of a window that MLflow plots over windows."""
    found: dict[str, float] = {
        "searches": watch.current.searches,
        "users": watch.current.users,
        "drifted": float(watch.verdict.drifted),
        "alerts": len(watch.verdict.reasons),
    }
    found |= {f"share_{name}": value for name, value in watch.current.shares.items()}
    found |= {f"distance_{column.column}": column.distance for column in watch.columns}
    if watch.current.unknown_words is not None:
        found["share_unknown_words"] = watch.current.unknown_words
    if watch.vectors:
        found["vectors_separability"] = watch.vectors.separability
    if watch.training:
        found["training_separability"] = watch.training.separability
    if watch.quality:
        found |= {"shown_ndcg@10": watch.quality.shown.value, "served_ndcg@10": watch.quality.served.value}
    return found
