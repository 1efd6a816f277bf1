"""The peak memory of each node of a local run, as the kernel counts it."""

import json
import logging
from pathlib import Path
from typing import Final

from pipelines.node_messages import CACHED, FINISHED, STARTED, NodeMessages
from vitrine.files.replacing import write_text

_RESET: Final = Path("/proc/self/clear_refs")
_STATUS: Final = Path("/proc/self/status")
_PEAK: Final = "5"
"""Written to `clear_refs`, resets the peak to the present value (proc(5))."""


class PeakMemory(NodeMessages):
    """Log handler and context manager that writes each node's peak resident memory to `file`, as JSON: MiB by node.

    The nodes of a local run share a process, so a node's peak includes what earlier nodes left loaded, TensorFlow above
    all. A cached node keeps the peak of its last execution. Only Linux reports peaks; elsewhere nothing is written.
    """

    def __init__(self, file: Path) -> None:
        super().__init__()
        self._file, self._cached = file, False
        self._peaks = read_peaks(file)

    def emit(self, record: logging.LogRecord) -> None:
        """Reset the peak when a node starts, and write it when the node has finished."""
        if record.msg == STARTED:
            self._cached = False
            if _RESET.exists():
                _RESET.write_text(_PEAK)
        elif record.msg == CACHED:
            self._cached = True
        elif record.msg == FINISHED and not self._cached and isinstance(record.args, tuple) and _RESET.exists():
            self._peaks[str(record.args[0])] = _peak_mib()
            write_text(self._file, json.dumps(self._peaks, indent=2) + "\n")


def read_peaks(file: Path) -> dict[str, int]:
    """Return the peaks in `file`, MiB by node; none if it does not exist or is not JSON."""
    try:
        peaks: dict[str, int] = json.loads(file.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return peaks


def _peak_mib() -> int:
    line = next(line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024
