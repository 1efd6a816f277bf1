"""What a platform says of the pipeline that was handed to it."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import TypeVar

from tenacity import Retrying, retry_if_result, wait_fixed

Run = TypeVar("Run")
Told = Callable[[str], None]
"""Takes a line for the person who waits."""


@dataclass(frozen=True)
class SubmittedJob:
    """A run, or the schedule of runs, on a platform.

    Attributes:
        id: the platform's name for it.
        link: where a browser shows it.
        state: the last that is known of it, in small letters.
        scheduled: whether it is a schedule.
    """

    id: str
    link: str
    state: str
    scheduled: bool = False


def follow(
    look: Callable[[], Run], state_of: Callable[[Run], str], finished: Collection[str], seconds: float, tell: Told
) -> Run:
    """Look at a run until it has ended, and return it. Kubeflow's own waiting knows no cancelled runs.

    Args:
        look: asks for the run.
        state_of: its state.
        finished: the states that are ends.
        seconds: from one look to the next.
        tell: is told each change of the state.
    """
    state = ""

    def look_and_tell() -> Run:
        nonlocal state
        run = look()
        if state_of(run) != state:
            state = state_of(run)
            tell(state)
        return run

    looks = Retrying(retry=retry_if_result(lambda _: state not in finished), wait=wait_fixed(seconds))
    return looks(look_and_tell)
