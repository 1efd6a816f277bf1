"""Progress of a run: a line per finished node, a spinner for the running one, and a bar for its steps."""

import logging
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import TaskID

from cli.terminal.progress_bars import StepBars, bars
from pipelines.node_messages import CACHED, FINISHED, STARTED


class NodeProgress(logging.Handler):
    """A handler that draws log records of TFX and of the library; a context manager.

    LocalDagRunner has no hooks, but it logs the start and the end of every node.
    """

    def __init__(self, console: Console, total: int, changes: Callable[[str], str] | None = None) -> None:
        """Create the handler for `total` nodes; `changes` returns the inputs that made a node run again."""
        super().__init__(logging.INFO)
        self._changes = changes
        self._progress = bars(console)
        self._steps = StepBars(self._progress)
        self._all: TaskID = self._progress.add_task("nodes", total=total)
        self._node, self._cached, self._since = "", False, 0.0

    def __enter__(self) -> Self:
        from absl import logging as absl_logging

        absl_logging.set_verbosity(absl_logging.INFO)  # TensorFlow resets the logger to this whenever it saves a model
        logging.getLogger("vitrine.progress").setLevel(logging.INFO)
        for name in ("absl", "vitrine.progress"):
            logging.getLogger(name).addHandler(self)
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._node:
            self._line("[red]✗[/]", "")
        self._progress.stop()
        for name in ("absl", "vitrine.progress"):
            logging.getLogger(name).removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Draw one record."""
        if record.name == "vitrine.progress":
            self._steps.emit(record)
        elif record.msg == STARTED and isinstance(record.args, tuple):
            self._node, self._cached, self._since = str(record.args[0]), False, time.monotonic()
            self._progress.update(self._all, description=self._node)
        elif record.msg == CACHED:
            self._cached = True
        elif record.msg == FINISHED:
            seconds = time.monotonic() - self._since
            changed = self._changes(self._node) if self._changes and not self._cached else ""
            self._line("[green]✓[/]", "cached" if self._cached else f"{seconds:.1f} s", changed)
            self._progress.advance(self._all)
            self._steps.clear()
            self._node = ""

    def _line(self, mark: str, detail: str, changed: str = "") -> None:
        line = f"  {mark} {self._node:<28}[dim]{detail:>8}[/]"
        line += f"  [dim]changed: {escape(changed)}[/]" if changed else ""
        self._progress.console.print(line, highlight=False, soft_wrap=True)
