"""A Redis server on a free port of the loopback address, for benchmarks and tests."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from benchmarks.serving_processes import HOST, free_port
from vitrine.errors import ConfigError

PROGRAM: Final = "redis-server"


class RedisServer:
    """A Redis server without persistence. `process` is the running process, for callers that send signals to it."""

    def __init__(self) -> None:
        port = free_port()
        self._command = [PROGRAM, "--port", str(port), "--bind", HOST, "--save", "", "--appendonly", "no"]
        self.address = f"{HOST}:{port}"
        self.url = f"redis://{self.address}/0"
        self.start()

    def start(self) -> None:
        """Start an empty server, and wait until it accepts connections."""
        self.process = subprocess.Popen(self._command, stdout=subprocess.PIPE, text=True)  # noqa: S603 - our own
        assert self.process.stdout
        for line in self.process.stdout:
            if "Ready to accept connections" in line:
                return
        raise RuntimeError(f"{PROGRAM} does not start")

    def kill(self) -> None:
        """Kill the server; do nothing if it has ended already."""
        self.process.kill()
        self.process.wait()
        assert self.process.stdout
        self.process.stdout.close()

    def restart(self) -> None:
        """Kill the server, and start an empty one on the same port."""
        self.kill()
        self.start()


def is_installed() -> bool:
    """Return whether the Redis program is installed."""
    return shutil.which(PROGRAM) is not None


@contextmanager
def running_redis() -> Iterator[RedisServer]:
    """Run a Redis server during the block.

    Raises:
        ConfigError: Redis is not installed.
    """
    if not is_installed():
        raise ConfigError(f"{PROGRAM} is not installed")
    server = RedisServer()
    try:
        yield server
    finally:
        server.kill()
