"""Progress of the library on the terminal: notes as lines, counted steps as bars."""

import contextlib
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    Task,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

PACE_SECONDS: Final = 600.0
"""The period that the pace is estimated from; a batch of long texts can take a minute."""


class PaceColumn(ProgressColumn):
    """Rate and time left, such as `41.7/s, 0:12:05 left`, of tasks that were added with `paced=True`."""

    def render(self, task: Task) -> Text:
        """Return the pace once it is known."""
        if not task.fields.get("paced") or task.speed is None or task.time_remaining is None:
            return Text()
        left = timedelta(seconds=round(task.time_remaining))
        return Text(f"{task.speed:,.1f}/s, {left} left", style="progress.remaining")


def bars(console: Console) -> Progress:
    """Create a progress display with name, bar, count, time and pace of each step, which vanishes at the end."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(30), MofNCompleteColumn(), TimeElapsedColumn(),
        PaceColumn(), console=console, transient=True, speed_estimate_period=PACE_SECONDS,
        disable=not console.is_terminal,  # a bar that vanishes would leave an empty line in a file
    )  # fmt: skip


class StepBars(logging.Handler):
    """A handler that draws the records of `vitrine.progress`."""

    def __init__(self, progress: Progress) -> None:
        super().__init__(logging.INFO)
        self._progress = progress
        self._tasks: dict[str, TaskID] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Draw one record."""
        task = getattr(record, "task", None)
        if task is None:
            line = f"      {record.getMessage()}"
            self._progress.console.print(line, style="dim", markup=False, highlight=False, soft_wrap=True)
            return
        if task not in self._tasks:
            self._tasks[task] = self._progress.add_task(f"  {task}", paced=True)
        self._progress.update(self._tasks[task], completed=record.done, total=record.total)  # type: ignore[attr-defined]

    def clear(self) -> None:
        """Remove the bars."""
        for task in self._tasks.values():
            self._progress.remove_task(task)
        self._tasks = {}


@contextlib.contextmanager
def show_steps(console: Console) -> Iterator[None]:
    """Draw the library's progress during the block."""
    logger = logging.getLogger("vitrine.progress")
    with bars(console) as progress:
        handler = StepBars(progress)
        logger.setLevel(logging.INFO)
        logger.propagate = False  # some libraries give the root logger a handler that writes to the terminal
        logger.addHandler(handler)
        try:
            yield
        finally:
            logger.removeHandler(handler)
            logger.propagate = True
