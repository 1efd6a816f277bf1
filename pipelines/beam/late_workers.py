"""Termination of Beam's local workers that register late, which a race in Beam would leave waiting for ever."""

import contextlib
from collections.abc import Iterator


@contextlib.contextmanager
def terminate_late_workers() -> Iterator[None]:
    """Terminate workers that register after the pipeline has finished, within the block.

    At the end FnApiRunner sends its workers a stop message and waits for each process. It sends it only to connected
    workers (`ControlConnection.close` of Beam 2.77). If a pipeline fails at once, or has little to do, a slow worker
    connects later and waits for work, while the runner waits for it. Here the message is queued until it connects.
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
