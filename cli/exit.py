"""Process exit without the crashes of native threads."""

import atexit
import contextlib
import logging
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def orderly_exit() -> Iterator[None]:
    """End the process by `os._exit` after Python's threads have ended and the exit handlers have run.

    The exit code is the one that Python would return after the block. The interpreter is not finalised, because native
    threads still run then: a thread of Arrow that releases a Python object would request the interpreter's lock, be
    terminated, and abort the process ("terminate called without an active exception",
    https://github.com/apache/arrow/issues/34314).
    """
    code = 1  # the exit code of an uncaught exception

    def end_process() -> None:
        status = code
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:  # a closed pipe or a full disk
                status = status or 1
        os._exit(status)

    atexit.register(end_process)  # handlers run in reverse order, so this one is the last
    try:
        yield
        code = 0
    except SystemExit as exit_request:
        code = exit_request.code if isinstance(exit_request.code, int) else int(exit_request.code is not None)
        raise
