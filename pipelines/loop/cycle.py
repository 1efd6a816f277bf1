"""One pass of the loop: a cycle begins if a trigger fires, and goes on as far as it can.

Each state is written to the journal before its step, and each step may be repeated, so that a loop that was killed
goes on where it was.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass

from pipelines.kinds import Kind
from pipelines.loop.journal import Cycle, Figures, Journal, State
from pipelines.loop.retraining import Outcome
from pipelines.loop.settings import LoopSettings, ReleaseSettings
from pipelines.loop.steps import Steps
from pipelines.loop.triggers import Signal
from pipelines.loop.watching import Watched
from vitrine.errors import RefusedError
from vitrine.serving.release.label_moves import CANARY, STABLE

Notify = Callable[[str, str, Cycle | None], None]
"""A callback for a decision, its reason and its cycle."""


@dataclass(frozen=True)
class Loop:
    """The loop: its settings, its journal, its steps, and a callback for decisions."""

    settings: LoopSettings
    journal: Journal
    steps: Steps
    notify: Notify
    clock: Callable[[], float] = time.time

    def advance(self) -> Cycle | None:
        """Make one pass. Return the cycle, if there is one.

        A cycle that waits, for searches or for an approval, is taken up by the next pass.

        Raises:
            VitrineError: A step cannot be made now; the cycle stays in its state, and the next pass tries it again.
        """
        cycle = self.journal.latest()
        if cycle is None or cycle.is_over:
            cycle = self._begin(cycle)
        while cycle and not cycle.is_over:
            moved = self._step(cycle)
            if moved is None:
                break
            cycle = moved
        return cycle

    def _begin(self, last: Cycle | None) -> Cycle | None:
        drift = self._look()
        signals = self.steps.signals(last, self.clock())
        if drift:
            signals.append(self._drift_signal(drift, last))
        requested = self.journal.requested("cycle")
        if requested is not None:
            signals.append(Signal("request", True, f"requested: {requested}", {}))
        firing = [signal for signal in signals if signal.fires]
        figures: Figures = {signal.trigger: dict(signal.figures) for signal in signals}
        if not firing:
            reason = "; ".join(signal.reason for signal in signals)
            self.journal.decide("wait", reason, figures)
            self.notify("wait", reason, None)
            return None
        kind: Kind = "run" if any(signal.kind == "run" for signal in firing) else "refresh"
        cycle = self.journal.begin(kind, self.steps.present(), [signal.reason for signal in firing], figures)
        self.notify("begin", "; ".join(cycle.reasons), cycle)
        return cycle

    def _drift_signal(self, drift: Watched, last: Cycle | None) -> Signal:
        """Return the signal of drift: it fires only with new data, as the same data would make the same model again."""
        if drift.fires and last and self.steps.present() == last.seen:
            reason = f"{drift.reason}; but there is no new span to learn from"
            return Signal("drift", False, reason, drift.figures)
        return Signal("drift", drift.fires, drift.reason, drift.figures)

    def _look(self) -> Watched | None:
        """Learn from clicks, and look for drift; record what was done, and return the drift if it was looked for."""
        learned = self.steps.learn(self.journal.last("learn"), self.clock())
        drift = self.steps.watch(self.journal.last("watch"), self.clock())
        for watched in (learned, drift):
            if watched:
                self.journal.decide(watched.decision, watched.reason, watched.figures)
                self.notify(watched.decision, watched.reason, None)
        return drift

    def _step(self, cycle: Cycle) -> Cycle | None:
        """Make the step of the cycle's state. Return the cycle in its next state, or None if it has to wait."""
        steps = {
            "retraining": self._retrain,
            "comparing": self._compare,
            "releasing": self._release,
            "on trial": self._judge,
            "awaiting approval": self._approve,
            "promoting": self._promote,
            "rolling back": self._roll_back,
        }
        return steps[cycle.state](cycle)

    def _retrain(self, cycle: Cycle) -> Cycle:
        outcome = self.steps.retrain(cycle)
        state, reason = self._outcome(outcome)
        return self._move(cycle, state, reason, version=outcome.version, run_id=outcome.run_id)

    def _outcome(self, outcome: Outcome) -> tuple[State, str]:
        """Return the state after a run, and the reason."""
        if outcome.version is None:
            return "refused" if outcome.status == "refused" else "failed", outcome.reason
        if self.settings.release is None:
            return "pushed", outcome.reason
        if self.steps.labels().get(STABLE) == outcome.version:
            return "unchanged", "the run made the stable version again"
        return "comparing", f"version {outcome.version} is pushed"

    def _compare(self, cycle: Cycle) -> Cycle:
        version, stable = _version(cycle), self.steps.labels()[STABLE]
        found = self.steps.compare(version, stable)
        if found.refused:
            self.steps.end_trial(version, "; ".join(found.refused))
            return self._move(cycle, "refused", "; ".join(found.refused), found.figures)
        reason = "; ".join((f"not worse than version {stable}", *found.not_applied))
        return self._move(cycle, "releasing", reason, found.figures)

    def _release(self, cycle: Cycle) -> Cycle:
        if self._releases.canary is None:
            return self._approved(cycle, "no trial is configured")
        try:
            self.steps.start_trial(_version(cycle))
        except RefusedError as error:
            return self._move(cycle, "rolling back", str(error))
        return self._move(cycle, "on trial", f"version {cycle.version} has the label {CANARY}")

    def _judge(self, cycle: Cycle) -> Cycle | None:
        labels, version = self.steps.labels(), _version(cycle)
        if labels.get(STABLE) == version:
            return self._move(cycle, "promoted", "promoted by hand")
        if labels.get(CANARY) != version:
            return self._move(cycle, "rolling back", "the trial was ended by hand")
        verdict = self.steps.verdict(cycle.entered, self.clock())
        if verdict.decision == "roll back":
            return self._move(cycle, "rolling back", verdict.reason, verdict.figures)
        if verdict.decision == "promote":
            return self._approved(cycle, verdict.reason, verdict.figures)
        self.journal.decide("wait", verdict.reason, verdict.figures, cycle)
        self.notify("wait", verdict.reason, cycle)
        return None

    def _approved(self, cycle: Cycle, reason: str, figures: Figures | None = None) -> Cycle:
        if self._releases.approval:
            return self._move(cycle, "awaiting approval", reason, figures)
        return self._move(cycle, "promoting", reason, figures)

    def _approve(self, cycle: Cycle) -> Cycle | None:
        if (reason := self.journal.requested("reject")) is not None:
            return self._move(cycle, "rolling back", f"rejected: {reason}")
        if (reason := self.journal.requested("approve")) is not None:
            return self._move(cycle, "promoting", f"approved: {reason}")
        self.notify("wait", "for `vitrine loop approve`", cycle)
        return None

    def _promote(self, cycle: Cycle) -> Cycle:
        try:
            self.steps.make_stable(_version(cycle))
        except RefusedError as error:
            return self._move(cycle, "rolling back", str(error))
        return self._move(cycle, "promoted", f"version {cycle.version} has the label {STABLE}")

    def _roll_back(self, cycle: Cycle) -> Cycle:
        reason = self.journal.decisions(1)[0].reason
        self.steps.end_trial(_version(cycle), reason)
        return self._move(cycle, "rolled back", reason)

    def _move(
        self,
        cycle: Cycle,
        state: State,
        reason: str,
        figures: Figures | None = None,
        version: int | None = None,
        run_id: str | None = None,
    ) -> Cycle:
        if state in ("refused", "rolled back"):
            reason += self._suspects(cycle)
        moved = self.journal.move(cycle, state, reason, figures, version, run_id)
        self.notify(state, reason, moved)
        return moved

    def _suspects(self, cycle: Cycle) -> str:
        """Name the spans that came since the last good model, which a person may want to look at."""
        good = self.journal.last_good()
        new = cycle.seen.since(good.seen) if good else ""
        return f" (new since version {good.version}: {new})" if good and new else ""

    @property
    def _releases(self) -> ReleaseSettings:
        assert self.settings.release is not None  # a cycle without releases ends with the push
        return self.settings.release


def _version(cycle: Cycle) -> int:
    assert cycle.version is not None  # known since the retraining
    return cycle.version
