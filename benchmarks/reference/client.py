"""Calls of the reference's functions."""

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.reference.messages import dumps, loads

ROOT: Final = Path(__file__).parents[2]
ENVIRONMENT: Final = ROOT / ".venv-reference"


class ReferenceFailedError(RuntimeError):
    """A function of the reference raised something, or its process ended; the message has the traceback."""


class Reference:
    """A process that holds PyTorch and computes in one thread; it ends with the block, or with the process that asks.

    Raises:
        FileNotFoundError: the reference has no environment yet.
    """

    def __init__(self, environment: Path = ENVIRONMENT):
        python = reference_python(environment)
        self._printed = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by close
        self._process = subprocess.Popen(  # noqa: S603 - our own
            [python, "-m", "benchmarks.reference.server"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._printed,
            text=True,
            encoding="utf-8",
        )

    @property
    def process(self) -> int:
        """Process id."""
        return self._process.pid

    def __call__(self, function: str, **arguments: Any) -> Any:
        """Return the result of `function`, such as `clip.embed_texts`.

        Raises:
            ReferenceFailedError: it raised something, or the process ended.
        """
        return self.timed(function, **arguments)[0]

    def timed(self, function: str, **arguments: Any) -> tuple[Any, float]:
        """As a call, and the seconds of processor time that it took."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = dumps({"function": function, "arguments": arguments})
        try:
            print(line, file=self._process.stdin, flush=True)
            answered = self._process.stdout.readline()
        except BrokenPipeError:
            answered = ""
        if not answered:
            self._printed.seek(0)
            raise ReferenceFailedError(f"{function}: exit code {self._process.wait()}\n{self._printed.read()[-4000:]}")
        answer = loads(answered)
        if "error" in answer:
            raise ReferenceFailedError(f"{function}: {answer['error']}")
        return answer["result"], answer["seconds"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process, which keeps nothing."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError), self._process:
            pass
        self._printed.close()


def reference_python(environment: Path = ENVIRONMENT) -> Path:
    """Return the interpreter that has PyTorch.

    Raises:
        FileNotFoundError: there is none yet.
    """
    python = environment / "bin" / "python"
    if not python.exists():
        raise FileNotFoundError(f"{python}: the reference is not installed; run `make setup-tests`")
    return python
