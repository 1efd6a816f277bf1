"""The settings of the loop: one YAML file. Imports nothing heavy."""

from pathlib import Path
from typing import Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from vitrine.clicks.settings import LearningSettings
from vitrine.monitoring.settings import MonitorSettings
from vitrine.settings import Section


class TriggerSettings(Section):
    """The changes that start a cycle; a trigger that is None is off."""

    judgements: PositiveInt | None = 500
    """Judged pairs in spans that the last cycle has not seen."""
    catalogue: bool = True
    """A span of the catalogue that the last cycle has not seen. On its own, it starts a catalogue run."""
    age_days: PositiveFloat | None = 30.0
    """Days since the last cycle began."""


class LearnSettings(Section):
    """Judgements from clicks, as `vitrine learn` makes them, written as the next span of the data folder."""

    clicks: PositiveInt = 1000
    """New clicks and purchases from which the log is learnt from again."""
    settings: LearningSettings = LearningSettings()
    """The settings of `vitrine learn`."""


class DriftSettings(Section):
    """Drift of the searches, as `vitrine monitor` finds it, which begins a cycle."""

    window_days: PositiveFloat = 7.0
    """The days that are compared with as many before them."""
    every_days: PositiveFloat = 1.0
    """Days between two comparisons."""
    settings: MonitorSettings = MonitorSettings()
    """The settings of `vitrine monitor`."""


class GateSettings(Section):
    """The comparison of a new version with the stable one, beyond the thresholds of the run."""

    tolerance: float = Field(0.01, ge=0)
    """nDCG@10 that the new version may lose, beyond noise, on the held-out queries of the window, and on those of older
    spans."""


class CanarySettings(Section):
    """The trial of a new version on live traffic; it needs `events`."""

    experiment: str = "canary"
    """The gateway's `experiment.name`, whose arm a follows the label stable, and b the label canary."""
    share: float = Field(0.5, gt=0, lt=1)
    """The gateway's `experiment.share_b`."""
    searches: PositiveInt = 1000
    """Searches of arm b, or interleaved lists, from which the verdict is taken: once, so that its p-values hold."""
    days: PositiveFloat = 7.0
    """Days after which the verdict is taken in any case."""
    least_searches: PositiveInt = 100
    """Searches of arm b with less than which a version is rolled back after `days`."""
    most_searches: PositiveInt = 200
    """Searches of one user from which on the user is probably a program, and left out."""
    needs: Literal["not worse", "better"] = "not worse"
    """The verdict that promotes: no significant loss of clicks per search, or a significant gain. Interleaved, the same
    of the preference."""
    max_errors: float = Field(0.01, ge=0, le=1)
    """Share of the searches of arm b that may fail, beyond noise."""
    max_latency: float = Field(1.5, ge=1)
    """Multiple of arm a's p95 latency that arm b's may be. Answers from the gateway's cache do not count."""
    latency_answers: PositiveInt = 100
    """Uncached answers of each arm from which on their latencies are compared."""


class ReleaseSettings(Section):
    """The servers whose labels move."""

    model_config_file: Path
    servers: tuple[str, ...] = Field(("http://127.0.0.1:8501",), min_length=1)
    model: str = "product_search"
    timeout: PositiveFloat = 300.0
    """Seconds for a version to load and for a label to move."""
    canary: CanarySettings | None = None
    """The trial; without one, a version that passes the gate becomes stable at once."""
    approval: bool = False
    """Wait for `vitrine loop approve` before a version becomes stable."""


class WebhookSettings(Section):
    """An address that decisions are posted to as JSON."""

    url_env: str = Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds the address, which may contain a secret."""
    timeout: PositiveFloat = 5.0


class LoopSettings(Section):
    """All settings of the loop."""

    run: Path
    """The configuration file of the pipeline, with `data.spans`."""
    set: tuple[str, ...] = ()
    """Overrides of its settings, such as `trainer.epochs=5`."""
    output: Path | None = None
    """The run's directory, which all cycles share; `runs/<name>` by default."""
    journal: Path | None = None
    """The SQLite file of the loop's state; `<output>/loop.db` by default."""
    events: Path | None = None
    """The gateway's `log.directory`, for clicks, drift and trials."""
    learn: LearnSettings | None = None
    """Judgements from clicks; it needs `events`."""
    drift: DriftSettings | None = None
    """The trigger of drifted searches; it needs `events`."""
    triggers: TriggerSettings = TriggerSettings()
    gate: GateSettings = GateSettings()
    release: ReleaseSettings | None = None
    """Without it, a cycle ends with the push, and servers that follow the newest version load it."""
    webhook: WebhookSettings | None = None
    metrics: Path | None = None
    """A file for the node exporter's textfile collector."""

    @model_validator(mode="after")
    def _can_start(self) -> "LoopSettings":
        readers = {"learn": self.learn, "drift": self.drift, "release.canary": self.release and self.release.canary}
        if self.events is None and (names := [name for name, section in readers.items() if section]):
            raise ValueError(f"events: missing, and {', '.join(names)} reads the gateway's log.directory")
        triggers = self.triggers
        if not triggers.catalogue and triggers.judgements is None and triggers.age_days is None:
            raise ValueError("triggers: all are off, so that only `vitrine loop request` starts a cycle; keep one")
        return self
