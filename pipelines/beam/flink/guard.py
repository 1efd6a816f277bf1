"""Cancellation of a job whose client has been killed: a process that waits for the end of its parent.

    python -m pipelines.beam.flink.guard CONSOLE JOB

The parent holds the other end of standard input. A line on it means that the job has ended; the end of the input
without one, that the parent has.
"""

import signal
import sys

from pipelines.beam.flink.console import Console


def main() -> None:
    """Wait, and cancel the job if the parent ended first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent cancels the job itself then
    _, address, job = sys.argv
    if not sys.stdin.readline():
        Console(address).cancel(job)


if __name__ == "__main__":
    main()
