"""Progress of long work, on the logger `vitrine.progress`.

The command line shows the records as progress bars; on a cluster they are log lines. The library prints nothing itself.
"""

import logging

logger = logging.getLogger("vitrine.progress")


def report(task: str, done: int, total: int) -> None:
    """Report that `done` of `total` steps of `task` are done."""
    logger.info("%s: %d of %d", task, done, total, extra={"task": task, "done": done, "total": total})


def note(message: str) -> None:
    """Report a message on a line of its own, such as what was skipped and why."""
    logger.info("%s", message)
