"""What a platform says of the pipeline that was handed to it."""

from collections.abc import Callable
from dataclasses import dataclass

Told = Callable[[str], None]
"""Takes a line for the person who waits."""


@dataclass(frozen=True)
class Submitted:
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
