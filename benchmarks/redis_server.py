"""A Redis server of our own on a free port of the loopback address, for benchmarks and tests."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from benchmarks.serving_processes import HOST, free_port
from vitrine.errors import ConfigError

PROGRAM: Final = "redis-server"


class RedisServer:
    """Keeps nothing on disk. `process` is the one that runs, for who wants to send it signals."""

    def __init__(self) -> None:
        port = free_port()
        self._command = [PROGRAM, "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no"]
        self.address = f"{HOST}:{port}"
        self.url = f"redis://{self.address}/0"
        self.start()

    def start(self) -> None:
        """Start it, with nothing in it, and wait until it accepts connections."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        assert self.process.stdout
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise RuntimeError(f"{PROGRAM} does not start")

    def kill(self) -> None:
        """Let it go without a word. One that is gone stays so."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def restart(self) -> None:
        """Kill it, and start another with nothing in it."""
        self.kill()
        self.start()


def is_installed() -> bool:
    """Whether there is a Redis to run."""
    return shutil.which(PROGRAM) is not None


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """A Redis until the block ends.

    Raises:
        ConfigError: It is not installed.
    """
    if not is_installed():
        raise ConfigError(f"{PROGRAM} is not installed")
    server = RedisServer()
    try:
        yield server
    finally:
        server.kill()
