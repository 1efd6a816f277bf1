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
            time.sleep(0.5)  # releases the lock, which Arrow's thread requests again while the process exits
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


def with_orderly_exit(block: str) -> str:
    """Return a program that runs `block` in `orderly_exit`."""
    return "from cli.exit import orderly_exit\nwith orderly_exit():\n" + textwrap.indent(block, "    ")


def test_a_native_thread_that_requests_the_interpreter_at_exit_does_not_abort_the_process() -> None:
    assert run(NATIVE_THREAD).returncode < 0  # without `orderly_exit`, which can be removed once this succeeds
    done = run(with_orderly_exit(f"{NATIVE_THREAD}print('written')"))
    assert (done.returncode, done.stdout, done.stderr) == (0, "written\n", "")


@pytest.mark.parametrize(
    ("last", "code"),
    [("pass", 0), ("raise SystemExit", 0), ("raise SystemExit(3)", 3), ("raise SystemExit('no')", 1), ("1 / 0", 1)],
)
def test_the_exit_code_is_that_of_the_block(last: str, code: int) -> None:
    assert run(with_orderly_exit(last)).returncode == code


def test_an_uncaught_exception_is_shown() -> None:
    done = run(with_orderly_exit("1 / 0"))
    assert "ZeroDivisionError" in done.stderr


def test_threads_end_and_exit_handlers_run_before_the_exit() -> None:
    block = """import atexit, concurrent.futures, threading, time
atexit.register(print, "handler", end=" ")
threading.Timer(0.2, lambda: print("thread", end=" ")).start()
concurrent.futures.ThreadPoolExecutor().submit(lambda: (time.sleep(0.1), print("pool", end=" ")))"""
    assert run(with_orderly_exit(block)).stdout == "pool thread handler "


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_output_that_cannot_be_written_is_an_error() -> None:
    with Path("/dev/full").open("w") as full:
        assert run(with_orderly_exit("print('lost')"), output=full.fileno()).returncode == 1
