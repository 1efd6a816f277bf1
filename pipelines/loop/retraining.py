"""The retraining of a cycle: a run of the pipeline in the loop's run directory, in a process of its own."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pipelines.kinds import Kind
from pipelines.loop.worker import in_worker
from pipelines.run_directory import RunDirectory, exclusive, first_line, plain_error, scratch
from pipelines.settings import RunSettings
from pipelines.settings_checks import require_cross_encoders, require_engine, require_here

MODEL = "product_search"
"""The pushed model that is released; its version is also that of its index and classifier."""


@dataclass(frozen=True)
class Outcome:
    """The end of a run: `version` is the pushed one, `reason` says why the model was refused or the run failed.

    `run_id` is the run's id in ML Metadata, None if it failed before its first node.
    """

    status: Literal["pushed", "refused", "failed"]
    version: int | None
    reason: str
    run_id: str | None = None


def retrain(settings: RunSettings, output: Path, kind: Kind, cycle: int) -> Outcome:
    """Run the pipeline of this kind. A run that was killed is continued: its finished nodes come from the cache.

    The log and the report of the run are kept in the directory of the `cycle`, by its number.

    Raises:
        ConfigError: Another run uses the directory, or the settings cannot be used here.
    """
    require_here(settings)
    with exclusive(output):
        pass  # a directory in use is no failure of the cycle
    kept = RunDirectory(output).of_cycle(cycle)
    kept.output.mkdir(parents=True, exist_ok=True)
    return in_worker(kept.log, run_pipeline, settings, output, kind, kept.output)


def run_pipeline(settings: RunSettings, output: Path, kind: Kind, kept: Path) -> Outcome:
    """Run the pipeline in this process, write its report, and copy that to the directory `kept`."""
    from pipelines.local_runner import build, run
    from pipelines.metadata.records import newest_run_id
    from pipelines.released_memory import use_system_allocator
    from pipelines.report import REPORT_FILES, write_report

    use_system_allocator()
    directory = RunDirectory(output)
    with exclusive(output), scratch():
        before = newest_run_id(directory.metadata)
        error = None
        try:
            require_cross_encoders(settings)
            settings = require_engine(settings, output)
            run(build(settings, directory, kind), directory)
        except Exception as raised:
            error = first_line(plain_error(raised) or raised)
        report = write_report(directory, settings.name, error)
        for name in REPORT_FILES:
            shutil.copyfile(output / name, kept / name)
        newest = newest_run_id(directory.metadata)
    run_id = newest if newest != before else None
    if error is not None:
        return Outcome("failed", None, error, run_id)
    if report["status"] != "pushed":
        return Outcome("refused", None, "; ".join(report.get("refused", [])), run_id)
    return Outcome("pushed", int(Path(report["pushed"][MODEL]).name), report["summary"] or "", run_id)
