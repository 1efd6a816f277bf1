"""The cycle of the loop, in a world that can be killed at every step."""

import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.loop.journal import Cycle
from tests.conftest import ROOT, environment
from tests.pipelines.loop.scripted_world import KILLED, World, loop

STEPS = ("retrain", "compare", "start_trial", "verdict", "make_stable")
PROMOTING = [f"{step}:{moment}" for step in STEPS for moment in ("before", "after")]
ROLLING_BACK = ["end_trial:before", "end_trial:after"]


def set_world(folder: Path, **state: object) -> None:
    world = World(folder / "world.json")
    world.state |= state
    world.save()


def world(folder: Path) -> dict:
    return World(folder / "world.json").state


def advance(folder: Path, **options: object) -> Cycle | None:
    return loop(folder, **options).advance()


def test_without_new_data_nothing_begins_and_the_reason_is_recorded(tmp_path: Path) -> None:
    assert advance(tmp_path) is None
    (decision,) = loop(tmp_path).journal.decisions(10)
    assert (decision.decision, decision.reason, decision.cycle) == ("wait", "0 new spans", None)
    assert decision.figures == {"judgements": {"spans": []}}


def test_a_new_span_makes_a_version_that_is_tried_and_becomes_stable(tmp_path: Path) -> None:
    set_world(tmp_path, spans=["1", "2"])
    notices: list[str] = []
    cycle = advance(tmp_path, notices=notices)
    assert cycle is not None
    assert (cycle.state, cycle.version, cycle.seen.judgements) == ("promoted", 200, ("1", "2"))
    assert world(tmp_path)["labels"] == {"stable": 200, "previous": 100, "canary": 200}
    states = [decision.decision for decision in reversed(loop(tmp_path).journal.decisions(20))]
    assert states == ["begin", "comparing", "releasing", "on trial", "promoting", "promoted"]
    assert [notice.partition(":")[0] for notice in notices] == states


def test_the_next_pass_after_a_cycle_waits_for_other_data(tmp_path: Path) -> None:
    set_world(tmp_path, spans=["1", "2"])
    advance(tmp_path)
    assert advance(tmp_path) is None
    assert world(tmp_path)["runs"] == 1
    set_world(tmp_path, spans=["1", "2", "3"])
    cycle = advance(tmp_path)
    assert cycle is not None
    assert (cycle.id, cycle.version) == (2, 300)


def test_a_refused_version_is_neither_tried_nor_built_again(tmp_path: Path) -> None:
    set_world(tmp_path, spans=["1", "2"], refused=["2"])
    cycle = advance(tmp_path)
    assert cycle is not None
    assert cycle.state == "refused"
    assert advance(tmp_path) is None
    assert world(tmp_path)["labels"] == {"stable": 100}


def test_a_version_that_is_worse_than_the_stable_one_loses_its_blessing(tmp_path: Path) -> None:
    set_world(tmp_path, spans=["1", "2"], worse=[200])
    cycle = advance(tmp_path)
    assert cycle is not None
    assert cycle.state == "refused"
    assert world(tmp_path)["withdrawn"] == [200]
    assert world(tmp_path)["labels"] == {"stable": 100}
    assert loop(tmp_path).journal.decisions(1)[0].figures == {"stable": 100}


def test_a_refusal_names_the_spans_that_are_new_since_the_last_good_model(tmp_path: Path) -> None:
    set_world(tmp_path, spans=["1", "2"])
    advance(tmp_path)
    set_world(tmp_path, spans=["1", "2", "3"], worse=[300])
    advance(tmp_path)
    set_world(tmp_path, spans=["1", "2", "3", "4"], refused=["4"])
    advance(tmp_path)
    reasons = [decision.reason for decision in loop(tmp_path).journal.decisions(20) if decision.decision == "refused"]
    assert reasons[1].endswith("(new since version 200: judgements of span 3)")
    assert reasons[0].endswith("(new since version 200: judgements of span 3, 4)")


def test_the_run_of_each_cycle_is_known_from_its_end(tmp_path: Path) -> None:
    set_world(tmp_path, spans=["1", "2"])
    advance(tmp_path)
    set_world(tmp_path, spans=["1", "2", "3"], refused=["3"])
    advance(tmp_path)
    journal = loop(tmp_path).journal
    assert [cycle.run_id for cycle in journal.cycles(10)] == ["run-2", "run-1"]
    assert {decision.cycle: decision.run_id for decision in journal.decisions(20)} == {1: "run-1", 2: "run-2"}


def test_a_trial_goes_on_until_its_verdict(tmp_path: Path) -> None:
    set_world(tmp_path, spans=["1", "2"], verdict="wait")
    for _ in range(2):
        cycle = advance(tmp_path)
        assert cycle is not None
        assert cycle.state == "on trial"
    assert world(tmp_path)["labels"] == {"stable": 100, "canary": 200}
    assert world(tmp_path)["runs"] == 1
    set_world(tmp_path, verdict="roll back")
    cycle = advance(tmp_path)
    assert cycle is not None
    assert (cycle.state, loop(tmp_path).journal.decisions(1)[0].reason) == ("rolled back", "clicks")
    assert world(tmp_path)["labels"] == {"stable": 100}
    assert world(tmp_path)["withdrawn"] == [200]


@pytest.mark.parametrize(
    ("labels", "state", "reason"),
    [
        ({"stable": 100}, "rolled back", "the trial was ended by hand"),
        ({"stable": 200, "previous": 100}, "promoted", "promoted by hand"),
    ],
)
def test_what_a_person_did_during_a_trial_is_taken_over(
    tmp_path: Path, labels: dict[str, int], state: str, reason: str
) -> None:
    set_world(tmp_path, spans=["1", "2"], verdict="wait")
    advance(tmp_path)
    set_world(tmp_path, labels=labels)
    cycle = advance(tmp_path)
    assert cycle is not None
    assert (cycle.state, loop(tmp_path).journal.decisions(1)[0].reason) == (state, reason)
    assert world(tmp_path)["labels"]["stable"] == labels["stable"]


def test_new_clicks_become_a_span_that_begins_a_cycle(tmp_path: Path) -> None:
    set_world(tmp_path, clicks=1)
    cycle = advance(tmp_path)
    assert cycle is not None
    assert (cycle.state, cycle.seen.judgements) == ("promoted", ("1", "2"))
    assert advance(tmp_path) is None  # the same clicks are not learnt from again
    decisions = [decision.decision for decision in reversed(loop(tmp_path).journal.decisions(20))]
    assert decisions[:2] == ["learn", "begin"]


@pytest.mark.parametrize(("drift", "begins"), [("drifted", True), ("no drift", False)])
def test_drifted_searches_begin_a_cycle(tmp_path: Path, drift: str, begins: bool) -> None:
    set_world(tmp_path, drift=drift)
    cycle = advance(tmp_path)
    assert (cycle is not None) is begins
    last = loop(tmp_path).journal.last("watch")
    assert last is not None
    assert last.reason == drift


def test_drift_without_new_data_begins_no_second_cycle(tmp_path: Path) -> None:
    set_world(tmp_path, drift="drifted")
    advance(tmp_path)
    assert advance(tmp_path) is None
    assert loop(tmp_path).journal.decisions(1)[0].reason.endswith("drifted; but there is no new span to learn from")
    set_world(tmp_path, clicks=1)
    cycle = advance(tmp_path)
    assert cycle is not None
    assert cycle.id == 2


@pytest.mark.parametrize(("request_", "state"), [("approve", "promoted"), ("reject", "rolled back")])
def test_a_version_waits_for_an_approval(tmp_path: Path, request_: str, state: str) -> None:
    set_world(tmp_path, spans=["1", "2"])
    for _ in range(2):
        cycle = advance(tmp_path, approval=True)
        assert cycle is not None
        assert cycle.state == "awaiting approval"
    assert world(tmp_path)["labels"]["stable"] == 100
    loop(tmp_path).journal.request(request_, "looked at")
    cycle = advance(tmp_path, approval=True)
    assert cycle is not None
    assert cycle.state == state
    set_world(tmp_path, spans=["1", "2", "3"])
    cycle = advance(tmp_path, approval=True)
    assert cycle is not None
    assert cycle.state == "awaiting approval"  # the approval was for the earlier version


def test_a_request_begins_one_cycle(tmp_path: Path) -> None:
    loop(tmp_path).journal.request("cycle", "new code")
    cycle = advance(tmp_path)
    assert cycle is not None
    assert (cycle.state, cycle.reasons) == ("unchanged", ("requested: new code",))
    assert advance(tmp_path) is None


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The folders of loops that were killed once, by the place, and have made another pass."""
    folder = tmp_path_factory.mktemp("killed")
    folders = {place: folder / place for place in (*PROMOTING, *ROLLING_BACK)}
    for place, path in folders.items():
        path.mkdir()
        set_world(path, spans=["1", "2"], verdict="roll back" if place in ROLLING_BACK else "promote")
    command = [sys.executable, "-m", "tests.pipelines.loop.scripted_world", *map(str, folders.values())]
    done = subprocess.run(command, cwd=ROOT, env=environment(), check=True, timeout=300, stdout=subprocess.PIPE)
    assert done.stdout.decode().splitlines() == [f"{KILLED} 0"] * len(folders)
    return folders


@pytest.mark.parametrize("place", PROMOTING)
def test_a_loop_killed_at_any_step_ends_the_same(killed: dict[str, Path], place: str) -> None:
    cycle = loop(killed[place]).journal.latest()
    assert cycle is not None
    assert (cycle.id, cycle.state, cycle.version) == (1, "promoted", 200)
    assert world(killed[place])["labels"] == {"stable": 200, "previous": 100, "canary": 200}
    assert world(killed[place])["withdrawn"] == []


@pytest.mark.parametrize("place", ROLLING_BACK)
def test_a_rollback_killed_at_any_step_ends_the_same(killed: dict[str, Path], place: str) -> None:
    journal = loop(killed[place]).journal
    cycle = journal.latest()
    assert cycle is not None
    assert (cycle.state, journal.decisions(1)[0].reason) == ("rolled back", "clicks")
    assert world(killed[place])["labels"] == {"stable": 100}
    assert world(killed[place])["withdrawn"] == [200]
