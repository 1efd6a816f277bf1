"""Jobs on a platform: submitted runs and schedules, and polling of their state."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from tenacity import Retrying, retry_if_result, wait_fixed

Run = TypeVar("Run")
Notify = Callable[[str], None]
"""Shows a line to the user."""


@dataclass(frozen=True)
class SubmittedJob:
    """A run, or the schedule of runs, on a platform.

    Attributes:
        id: the platform's id.
        link: the URL of its page.
        state: the last known state, in small letters.
        scheduled: whether it is a schedule.
    """

    id: str
    link: str
    state: str
    scheduled: bool = False


def follow(
    get_run: Callable[[], Run],
    state_of: Callable[[Run], str],
    finished: Collection[str],
    seconds: float,
    notify: Notify,
) -> Run:
    """Poll a run until it has ended, and return it. Kubeflow's own waiting does not end for cancelled runs.

    Args:
        get_run: returns the run.
        state_of: returns the state of a run.
        finished: the final states.
        seconds: the polling interval.
        notify: called with each new state.
    """
    state = ""

    def poll() -> Run:
        nonlocal state
        run = get_run()
        if state_of(run) != state:
            state = state_of(run)
            notify(state)
        return run

    polling = Retrying(retry=retry_if_result(lambda _: state not in finished), wait=wait_fixed(seconds))
    return polling(poll)
