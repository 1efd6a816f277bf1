"""A world for the loop in one JSON file, whose process can be killed before or after any change.

    python -m tests.pipelines.loop.scripted_world FOLDER...

For each folder, whose name is a step and `before` or `after`, such as `start_trial:after`, a process makes a pass and
ends there without any clean-up, as by SIGKILL; then another one makes a pass. Both exit codes are printed.
"""

import json
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.loop.cycle import Loop
from pipelines.loop.gate import Comparison
from pipelines.loop.journal import Cycle, Decision, Journal, Seen
from pipelines.loop.retraining import Outcome
from pipelines.loop.settings import CanarySettings, LoopSettings, ReleaseSettings
from pipelines.loop.trial import Verdict
from pipelines.loop.triggers import Signal
from pipelines.loop.watching import Watched
from vitrine.serving.release.label_moves import Labels, canary, promote, rollback

KILLED = 137


@dataclass
class World:
    """Spans, pushed versions, labels and blessings, kept in a file; and the outcomes that the steps shall have."""

    path: Path
    kill_at: str = ""
    state: dict = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.state = {
            "spans": ["1"], "versions": {"1": 100}, "labels": {"stable": 100}, "withdrawn": [], "runs": 0,
            "clicks": 0, "drift": None, "refused": [], "verdict": "promote", "worse": [], "loads": True,
        }  # fmt: skip
        if self.path.exists():
            self.state = json.loads(self.path.read_text())

    def save(self) -> None:
        self.path.write_text(json.dumps(self.state))

    def change(self, step: str, **changes: object) -> None:
        if self.kill_at == f"{step}:before":
            os._exit(KILLED)
        self.state |= changes
        self.save()
        if self.kill_at == f"{step}:after":
            os._exit(KILLED)

    def learn(self, last: Decision | None, now: float) -> Watched | None:
        """Write the span of new clicks, once."""
        if not self.state["clicks"] or (last and last.figures["until"] == self.state["clicks"]):
            return None
        span = str(1 + int(self.state["spans"][-1]))
        self.change("learn", spans=[*self.state["spans"], span])
        return Watched("learn", "1,000 new clicks", {"until": self.state["clicks"]})

    def watch(self, last: Decision | None, now: float) -> Watched | None:
        if self.state["drift"] is None:
            return None
        return Watched("watch", self.state["drift"], {"until": now}, fires=self.state["drift"] == "drifted")

    def signals(self, last: Cycle | None, now: float) -> list[Signal]:
        seen = last.seen.judgements if last else ("1",)
        unseen = [span for span in self.state["spans"] if span not in seen]
        return [Signal("judgements", bool(unseen), f"{len(unseen)} new spans", {"spans": unseen})]

    def present(self) -> Seen:
        return Seen(tuple(self.state["spans"]))

    def retrain(self, cycle: Cycle) -> Outcome:
        """Push a version of the present spans, the same one again if they have not changed."""
        newest = self.state["spans"][-1]
        run_id = f"run-{self.state['runs'] + 1}"
        if newest in self.state["refused"]:
            self.change("retrain", runs=self.state["runs"] + 1)
            return Outcome("refused", None, "below the floor", run_id)
        versions = self.state["versions"]
        pushed = versions.get(newest, 100 * int(newest))
        self.change("retrain", versions=versions | {newest: pushed}, runs=self.state["runs"] + 1)
        return Outcome("pushed", pushed, "better than BM25", run_id)

    def labels(self) -> Labels:
        return self.state["labels"]

    def compare(self, version: int, stable: int) -> Comparison:
        self.change("compare")
        worse = version in self.state["worse"]
        return Comparison(("current spans: worse",) if worse else (), (), {"stable": stable})

    def start_trial(self, version: int) -> None:
        if self.labels().get("canary") != version:
            self.change("start_trial", labels=dict(canary(self.labels(), version)))
        else:
            self.change("start_trial")

    def verdict(self, since: float, now: float) -> Verdict:
        self.change("verdict")
        return Verdict(self.state["verdict"], "clicks", {"searches": 150})

    def make_stable(self, version: int) -> None:
        self.change("make_stable", labels=dict(promote(self.labels(), version)))

    def end_trial(self, version: int, reason: str) -> None:
        labels = self.labels()
        on_trial = labels.get("canary") == version != labels["stable"]
        withdrawn = sorted({*self.state["withdrawn"], version})
        self.change("end_trial", labels=dict(rollback(labels)) if on_trial else labels, withdrawn=withdrawn)


def loop(folder: Path, kill_at: str = "", approval: bool = False, notices: list[str] | None = None) -> Loop:
    """Return the loop of the world in `folder`."""
    release = ReleaseSettings(model_config_file=folder / "models.config", canary=CanarySettings(), approval=approval)
    said = notices if notices is not None else []
    return Loop(
        LoopSettings(run=folder / "shop.yaml", events=folder, release=release),
        Journal(folder / "loop.db"),
        World(folder / "world.json", kill_at),
        lambda decision, reason, _: said.append(f"{decision}: {reason}"),
    )


def in_process(folder: Path, kill_at: str) -> int:
    """Make a pass in a new process, and return its exit code."""
    process = os.fork()
    if process == 0:
        loop(folder, kill_at).advance()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        sys.stdout.write(f"{in_process(Path(name), Path(name).name)} {in_process(Path(name), '')}\n")
        sys.stdout.flush()
