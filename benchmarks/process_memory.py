"""Peak memory of a process and all its descendants together."""

import contextlib
import threading
from dataclasses import dataclass
from typing import Final, Self

import psutil

SECONDS: Final = 0.5
"""Seconds between two samples."""


@dataclass
class PeakMemory:
    """Sampled peaks of a process tree, in MiB.

    Attributes:
        resident: resident memory, with the resident pages of memory-mapped files.
        anonymous: resident memory without pages of files, which the kernel can drop at any time.
    """

    process: psutil.Process
    resident: int = 0
    anonymous: int = 0

    def __enter__(self) -> Self:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._sample, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _sample(self) -> None:
        while not self._stop.wait(SECONDS):
            resident = anonymous = 0
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in [self.process, *self.process.children(recursive=True)]:
                    with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied):
                        memory = process.memory_info()
                        resident += memory.rss
                        anonymous += memory.rss - memory.shared
            self.resident = max(self.resident, resident >> 20)
            self.anonymous = max(self.anonymous, anonymous >> 20)
