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
    """A call that raised an exception or ended the process; the message has the traceback."""


class Reference:
    """A process with PyTorch that computes in one thread, and ends with the block or with the calling process.

    Raises:
        FileNotFoundError: the reference is not installed.
    """

    def __init__(self, environment: Path = ENVIRONMENT):
        python = reference_python(environment)
        self._stderr = tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace")  # noqa: SIM115 - closed by close
        self._process = subprocess.Popen(  # noqa: S603 - our own
            [python, "-m", "benchmarks.reference.server"],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1", "TQDM_DISABLE": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            text=True,
            encoding="utf-8",
        )

    @property
    def process(self) -> int:
        """The process id."""
        return self._process.pid

    def __call__(self, function: str, **arguments: Any) -> Any:
        """Return the result of `function`, such as `clip.embed_texts`.

        Raises:
            ReferenceFailedError: the function raised an exception, or the process ended.
        """
        return self.timed(function, **arguments)[0]

    def timed(self, function: str, **arguments: Any) -> tuple[Any, float]:
        """Return the result of `function`, and the processor time in seconds."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = dumps({"function": function, "arguments": arguments})
        try:
            print(line, file=self._process.stdin, flush=True)
            response = self._process.stdout.readline()
        except BrokenPipeError:
            response = ""
        if not response:
            self._stderr.seek(0)
            raise ReferenceFailedError(f"{function}: exit code {self._process.wait()}\n{self._stderr.read()[-4000:]}")
        answer = loads(response)
        if "error" in answer:
            raise ReferenceFailedError(f"{function}: {answer['error']}")
        return answer["result"], answer["seconds"]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        with contextlib.suppress(BrokenPipeError), self._process:
            pass
        self._stderr.close()


def reference_python(environment: Path = ENVIRONMENT) -> Path:
    """Return the path of the interpreter with PyTorch.

    Raises:
        FileNotFoundError: the reference is not installed.
    """
    python = environment / "bin" / "python"
    if not python.exists():
        raise FileNotFoundError(f"{python}: the reference is not installed; run `make setup-tests`")
    return python
