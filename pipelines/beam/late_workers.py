"""Worker processes of Beam's on this machine, which a race of Beam's own would keep waiting for ever."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def terminate_late_workers() -> Iterator[None]:
    """Let pipelines in the block end, also where a worker process connects after the work is done.

    In the end FnApiRunner tells its workers to stop, and waits for each process. It tells only those that have
    connected (`ControlConnection.close` of Beam 2.77): where a pipeline fails at once, or has little to do, a slow one
    comes later, waits for work, and is waited for. Here what it is to be told is kept until it comes.
    """
    from apache_beam.runners.portability.fn_api_runner.worker_handlers import BeamFnControlServicer, ControlConnection

    close = ControlConnection.close

    def push_end_marker_and_close(connection: ControlConnection) -> None:
        if connection._state == BeamFnControlServicer.UNSTARTED_STATE:
            connection.push(BeamFnControlServicer._DONE_MARKER)
        close(connection)

    ControlConnection.close = push_end_marker_and_close
    try:
        yield
    finally:
        ControlConnection.close = close
