"""A process for work that loads TensorFlow, whose memory is free again when the work is done."""

import multiprocessing
import os
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import ParamSpec, TypeVar

from vitrine.errors import VitrineError

Parameters = ParamSpec("Parameters")
Result = TypeVar("Result")


class WorkerDiedError(VitrineError):
    """The end of a worker process without a result, such as for want of memory."""


def in_worker(
    log: Path | None, work: Callable[Parameters, Result], *arguments: Parameters.args, **options: Parameters.kwargs
) -> Result:
    """Return the result of `work`, a function of a module, from a new process that ends with this one.

    Its output is appended to the file `log`, or lost without one.

    Raises:
        WorkerDiedError: The process ended without a result.
        Exception: An exception of `work`.
    """
    context = multiprocessing.get_context("spawn")  # a fork of a process with threads can lock up
    with ProcessPoolExecutor(1, mp_context=context, initializer=_prepare, initargs=(log,)) as pool:
        try:
            return pool.submit(work, *arguments, **options).result()
        except BrokenProcessPool:
            where = f"; {log} may say why" if log else ""
            raise WorkerDiedError(f"the process of {work.__name__} ended without a result{where}") from None


def _prepare(log: Path | None) -> None:
    with (log or Path(os.devnull)).open("ab") as file:
        for descriptor in (1, 2):
            os.dup2(file.fileno(), descriptor)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(1)
