"""The retraining of a cycle: a run of the pipeline in the loop's run directory, in a process of its own."""

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
    """The end of a run: `version` is the pushed one, `reason` says why the model was refused or the run failed."""

    status: Literal["pushed", "refused", "failed"]
    version: int | None
    reason: str


def retrain(settings: RunSettings, output: Path, kind: Kind) -> Outcome:
    """Run the pipeline of this kind. A run that was killed is continued: its finished nodes come from the cache.

    Raises:
        ConfigError: Another run uses the directory, or the settings cannot be used here.
    """
    require_here(settings)
    with exclusive(output):
        pass  # a directory in use is no failure of the cycle
    return in_worker(RunDirectory(output).log, run_pipeline, settings, output, kind)


def run_pipeline(settings: RunSettings, output: Path, kind: Kind) -> Outcome:
    """Run the pipeline in this process, and write its report."""
    from pipelines.local_runner import build, run
    from pipelines.released_memory import use_system_allocator
    from pipelines.report import write_report

    use_system_allocator()
    directory = RunDirectory(output)
    with exclusive(output), scratch():
        try:
            require_cross_encoders(settings)
            settings = require_engine(settings, output)
            run(build(settings, directory, kind), directory)
        except Exception as error:
            reason = first_line(plain_error(error) or error)
            write_report(directory, settings.name, error=reason)
            return Outcome("failed", None, reason)
        report = write_report(directory, settings.name)
    if report["status"] != "pushed":
        return Outcome("refused", None, "; ".join(report.get("refused", [])))
    return Outcome("pushed", int(Path(report["pushed"][MODEL]).name), report["summary"] or "")
