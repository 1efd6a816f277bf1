"""The probe of a cluster's workers: their versions, and the folders that they can read and write."""

import os
import socket
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path

import apache_beam as beam

import vitrine
from vitrine.errors import ConfigError

Versions = dict[str, str]


def versions() -> Versions:
    """Return the versions that must be the same here and in the workers."""
    python = ".".join(map(str, sys.version_info[:2]))
    return {"Python": python, "Beam": version("apache-beam"), "Vitrine": vitrine.__version__}


class ProbeWorker(beam.DoFn):
    """Comparison of a worker with this process. Yields the name of its host.

    Raises ConfigError if versions differ, or a folder cannot be used there.
    """

    def __init__(self, expected: Versions, readable: tuple[str, ...], writable: str) -> None:
        """Create the probe.

        Args:
            expected: the versions of the process that submits jobs.
            readable: folders of data that must exist.
            writable: a folder of that process, which the worker must see and may write to.
        """
        self._expected, self._readable, self._writable = expected, readable, writable

    def process(self, _: int) -> Iterator[str]:
        host = socket.gethostname()
        found = versions()
        if found != self._expected:
            there, here = (
                ", ".join(f"{name} {number}" for name, number in by.items()) for by in (found, self._expected)
            )
            raise ConfigError(f"a worker on {host} has {there}, this process {here}; start pools or images of the same")
        for folder in (*self._readable, self._writable):
            if not Path(folder).is_dir():
                raise ConfigError(f"{folder}: no such folder for a worker on {host}; mount it there under this path")
        if not os.access(self._writable, os.W_OK):
            raise ConfigError(f"{self._writable}: a worker on {host} may not write to it; run workers as its owner")
        yield host
