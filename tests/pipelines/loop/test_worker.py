import os
import signal
import sys
from pathlib import Path

import pytest

from pipelines.loop.worker import WorkerDiedError, in_worker
from vitrine.errors import DataError


def add(first: int, second: int = 0) -> tuple[int, int]:
    sys.stdout.write("adding\n")
    return first + second, os.getpid()


def refuse() -> None:
    raise DataError("a.csv:3: no number")


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_work_runs_in_another_process_whose_output_goes_to_the_log(tmp_path: Path) -> None:
    total, process = in_worker(tmp_path / "run.log", add, 1, second=2)
    assert total == 3
    assert process != os.getpid()
    assert (tmp_path / "run.log").read_text().splitlines()[-1] == "adding"


def test_an_error_of_the_work_is_raised_here() -> None:
    with pytest.raises(DataError, match=r"a\.csv:3: no number"):
        in_worker(None, refuse)


def test_a_process_that_dies_is_an_error_with_the_log(tmp_path: Path) -> None:
    with pytest.raises(WorkerDiedError, match=r"the process of die ended without a result; .*run\.log may say why"):
        in_worker(tmp_path / "run.log", die)
