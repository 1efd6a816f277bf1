"""The end of a process, in order."""

import atexit
import contextlib
import logging
import os
import sys
from collections.abc import Iterator


@contextlib.contextmanager
def orderly_exit() -> Iterator[None]:
    """End the process by `os._exit` once the threads of Python have ended and the exit handlers have run.

    The exit code is that of the block, as Python has it. Python's own last steps, taking modules and objects apart,
    are left out, since native threads go on meanwhile: a thread of Arrow that lets go of a Python object then asks for
    the interpreter's lock, is ended instead, and takes the process with it ("terminate called without an active
    exception", https://github.com/apache/arrow/issues/34314).
    """
    code = 1  # of an exception that nobody catches

    def leave() -> None:
        status = code
        logging.shutdown()
        for stream in (sys.stdout, sys.stderr):
            try:
                stream.flush()
            except OSError:  # nobody reads it any more, or its disk is full
                status = status or 1
        os._exit(status)

    atexit.register(leave)  # before all others, which therefore run before it
    try:
        yield
        code = 0
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
        raise
