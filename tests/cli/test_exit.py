import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
NATIVE_THREAD = """
import time
import pyarrow
from pyarrow import csv

class Slow:
    closed = False
    blocks = [b"a,b\\n1,2\\n1,2\\n", b"1,2\\n1,2\\n"]

    def read(self, size):
        if not self.blocks:
            time.sleep(0.5)  # without the lock, which Arrow's thread wants back while the process ends
        return self.blocks.pop(0) if self.blocks else b""

    def close(self):
        pass

reader = csv.open_csv(pyarrow.PythonFile(Slow(), "r"), csv.ReadOptions(use_threads=False))
reader.read_next_batch()
"""


def run(program: str, output: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, stdout=output, stderr=subprocess.PIPE, text=True, check=False
    )


def in_order(block: str) -> str:
    """The program that runs `block` and ends in order."""
    return "from cli.exit import orderly_exit\nwith orderly_exit():\n" + textwrap.indent(block, "    ")


def test_a_native_thread_that_wants_the_interpreter_at_the_end_does_not_abort_it() -> None:
    assert run(NATIVE_THREAD).returncode < 0  # as Python ends by itself; the day it does not, `orderly_exit` can go
    done = run(in_order(f"{NATIVE_THREAD}print('written')"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "written\n", "")


@pytest.mark.parametrize(
    ("last", "code"),
    [("pass", 0), ("raise SystemExit", 0), ("raise SystemExit(3)", 3), ("raise SystemExit('no')", 1), ("1 / 0", 1)],
)
def test_the_exit_code_is_that_of_the_block(last: str, code: int) -> None:
    assert run(in_order(last)).returncode == code


def test_an_exception_that_nobody_catches_is_shown() -> None:
    done = run(in_order("1 / 0"))
    assert "ZeroDivisionError" in done.stderr


def test_threads_end_and_exit_handlers_run_before() -> None:
    block = """import atexit, concurrent.futures, threading, time
atexit.register(print, "handler", end=" ")
threading.Timer(0.2, lambda: print("thread", end=" ")).start()
concurrent.futures.ThreadPoolExecutor().submit(lambda: (time.sleep(0.1), print("pool", end=" ")))"""
    assert run(in_order(block)).stdout == "pool thread handler "


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_what_cannot_be_written_is_no_success() -> None:
    with Path("/dev/full").open("w") as full:
        assert run(in_order("print('lost')"), output=full.fileno()).returncode == 1
