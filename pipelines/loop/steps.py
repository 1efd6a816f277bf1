"""The steps of a cycle that change something, or look at the world."""

from pathlib import Path
from typing import Protocol

from pipelines.loop import gate, rollout, trial, triggers
from pipelines.loop.journal import Cycle, Decision, Seen
from pipelines.loop.retraining import MODEL, Outcome, retrain
from pipelines.loop.settings import LoopSettings, ReleaseSettings
from pipelines.loop.watching import Watched, learn_clicks, watch_drift
from pipelines.run_directory import RunDirectory
from pipelines.settings import load_run_settings
from vitrine import progress
from vitrine.errors import ConfigError, DataError
from vitrine.serving.release.label_moves import STABLE, Labels


class Steps(Protocol):
    """The steps, each of which may be repeated after it was killed at any time."""

    def learn(self, last: Decision | None, now: float) -> Watched | None:
        """Learn from new clicks, if there are enough since the `last` time."""

    def watch(self, last: Decision | None, now: float) -> Watched | None:
        """Look for drift of the searches, if the `last` time is long ago."""

    def signals(self, last: Cycle | None, now: float) -> list[triggers.Signal]:
        """Return the state of the triggers."""

    def present(self) -> Seen:
        """Return the spans that a cycle would read now."""

    def retrain(self, cycle: Cycle) -> Outcome:
        """Run the pipeline of the cycle's kind."""

    def labels(self) -> Labels:
        """Return the labels of the versions."""

    def compare(self, version: int, stable: int) -> gate.Comparison:
        """Compare a version with the stable one."""

    def start_trial(self, version: int) -> None:
        """Give the label canary to a version."""

    def verdict(self, since: float, now: float) -> trial.Verdict:
        """Return the decision on the version on trial."""

    def make_stable(self, version: int) -> None:
        """Give the label stable to a version."""

    def end_trial(self, version: int, reason: str) -> None:
        """Take the label canary from a version, and its blessing, so that no later run builds on it."""


class LocalSteps:
    """The steps of a loop whose runs are on this machine."""

    def __init__(self, settings: LoopSettings) -> None:
        """Read the settings of the run.

        Raises:
            ConfigError: They are invalid, or have no window of spans.
        """
        self._settings = settings
        self._run = load_run_settings(settings.run, settings.set)
        if self._run.data.spans is None:
            raise ConfigError(f"{settings.run}: data.spans: missing; the loop follows spans: 'all', or 'last 30'")
        self._window = self._run.data.spans
        self.data = Path(self._run.data.dir)
        self.output = settings.output or Path("runs") / self._run.name

    @property
    def _release(self) -> ReleaseSettings:
        assert self._settings.release is not None  # the cycle ends with the push otherwise
        return self._settings.release

    def learn(self, last: Decision | None, now: float) -> Watched | None:
        """Learn from new clicks, if there are enough since the `last` time."""
        settings = self._settings
        if settings.learn is None or settings.events is None:
            return None
        return learn_clicks(settings.events, settings.learn, self.data, last, now)

    def watch(self, last: Decision | None, now: float) -> Watched | None:
        """Look for drift of the searches, if the `last` time is long ago."""
        settings = self._settings
        if settings.drift is None or settings.events is None:
            return None
        stable = rollout.labels(settings.release)[STABLE] if settings.release else None
        return watch_drift(settings.events, settings.drift, self.data, self.output, stable, last, now)

    def signals(self, last: Cycle | None, now: float) -> list[triggers.Signal]:
        """Return the state of the triggers."""
        seen = last.seen if last else self._seen_by_stable()
        return triggers.signals(self.data, self._settings.triggers, seen, last, now)

    def present(self) -> Seen:
        """Return the spans that a cycle would read now."""
        return triggers.present(self.data)

    def retrain(self, cycle: Cycle) -> Outcome:
        """Run the pipeline of the cycle's kind."""
        progress.note(f"running the pipeline; its output goes to {RunDirectory(self.output).of_cycle(cycle.id).log}")
        return retrain(self._run, self.output, cycle.kind, cycle.id)

    def labels(self) -> Labels:
        """Return the labels of the versions."""
        return rollout.labels(self._release)

    def compare(self, version: int, stable: int) -> gate.Comparison:
        """Compare a version with the stable one."""
        progress.note(f"searching with the versions {version} and {stable}")
        tolerance = self._settings.gate.tolerance
        return gate.compare(self.data, self._window, self.output, version, stable, tolerance)

    def start_trial(self, version: int) -> None:
        """Give the label canary to a version."""
        rollout.start_trial(self._release, version)

    def verdict(self, since: float, now: float) -> trial.Verdict:
        """Return the decision on the version on trial."""
        assert self._release.canary is not None  # there is no trial otherwise
        assert self._settings.events is not None  # a trial needs it
        return trial.verdict(self._settings.events, self._release.canary, since, now)

    def make_stable(self, version: int) -> None:
        """Give the label stable to a version."""
        rollout.make_stable(self._release, version)

    def end_trial(self, version: int, reason: str) -> None:
        """Take the label canary from a version, and its blessing, so that no later run builds on it."""
        from pipelines.metadata.blessings import withdraw_blessing  # loads ML Metadata

        rollout.end_trial(self._release, version)
        withdraw_blessing(RunDirectory(self.output).metadata, version, reason)

    def _seen_by_stable(self) -> Seen:
        """Return the spans that made the stable version, or the newest one without labels."""
        from pipelines.lineage.summary import summary
        from pipelines.lineage.upstream import trace
        from pipelines.metadata.pushes import find_push
        from vitrine.saved_model.versions import find_versions

        if self._settings.release:
            version = rollout.labels(self._settings.release)[STABLE]
        else:
            version = max(find_versions(RunDirectory(self.output).serving / MODEL), default=0)
        if not version:
            raise DataError(
                f"{self.output}: no version was pushed yet; `vitrine run --config {self._settings.run}` makes one"
            )
        directory, push = find_push(self.output, MODEL, str(version))
        data = summary(trace(directory.metadata, push, MODEL, str(version)))["data"]
        spans = {entry["node"]: tuple(entry["spans"]) for entry in data}
        return Seen(spans.get("JudgementExampleGen", ()), spans.get("CatalogueExampleGen", ()))
