"""How far long work has come, told to whoever listens on the logger `vitrine.progress`.

The command line turns the records into bars; on a cluster they are lines of the log. The library prints nothing itself.
"""

import logging

logger = logging.getLogger("vitrine.progress")


def report(task: str, done: int, total: int) -> None:
    """Say that `done` of `total` steps of `task` are done."""
    logger.info("%s: %d of %d", task, done, total, extra={"task": task, "done": done, "total": total})


def note(message: str) -> None:
    """Say something worth a line of its own, such as what was skipped and why."""
    logger.info("%s", message)
