"""Measurement of a whole `vitrine run`: seconds and peak memory of its nodes, and of all its processes together."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import psutil
import yaml

from benchmarks.process_memory import PeakMemory
from vitrine.markdown import table

ANY_MODEL: Final[Mapping[str, object]] = {
    "trainer": {"epochs": 5, "tracking": {"enabled": False}},
    "evaluator": {"above_majority": -1, "tolerance": 1},
    "retrieval": {"above_random": -1, "above_similarity": -1, "above_bm25": -1, "tolerance": 1},
}
"""Settings of five epochs, and gates that accept any model: nothing can be learnt from made-up words."""


@dataclass(frozen=True)
class MeasuredRun:
    """Figures of a run.

    Attributes:
        name: of the data.
        node_seconds: of ML Metadata, by node.
        node_mib: peak resident MiB of the run's process during a node, including what earlier nodes still hold.
        seconds: of the whole command.
        resident_mib: peak of all processes together, with the resident pages of memory-mapped files.
        anonymous_mib: the same without those pages, which the kernel can drop at any time.
    """

    name: str
    node_seconds: Mapping[str, float]
    node_mib: Mapping[str, int]
    seconds: float
    resident_mib: int
    anonymous_mib: int


def vitrine(*arguments: object) -> None:
    """Run a command in its own process, with its output on standard error."""
    _finish(_start(arguments), arguments)


def measured_run(name: str, settings: Mapping[str, object], folder: Path, command: str = "run") -> MeasuredRun:
    """Run the pipeline, or another one by its `command`, with its output in `folder`/run, and read its report."""
    config, output = folder / "settings.yaml", folder / "run"
    config.write_text(yaml.safe_dump(dict(settings), sort_keys=False), encoding="utf-8")
    arguments = (command, "--config", config, "--output", output)
    begun = time.monotonic()
    process = _start(arguments)
    with PeakMemory(psutil.Process(process.pid)) as peak:
        _finish(process, arguments)
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return MeasuredRun(
        name=name,
        node_seconds=report["seconds"],
        node_mib=report["peak_mib"],
        seconds=time.monotonic() - begun,
        resident_mib=peak.resident,
        anonymous_mib=peak.anonymous,
    )


def nodes_table(runs: Sequence[MeasuredRun]) -> str:
    """Return a Markdown table with a line for each node that took a second in the last run, and for the whole run.

    Several runs are taken as growing sizes: the last columns are the ratios of the last one to the first one.
    """
    lines = {
        node: [(run.node_seconds.get(node, 0.0), run.node_mib.get(node, 0)) for run in runs]
        for node, seconds in runs[-1].node_seconds.items()
        if seconds >= 1
    }
    lines["all processes"] = [(run.seconds, run.resident_mib) for run in runs]
    lines["all processes, without pages of files"] = [(run.seconds, run.anonymous_mib) for run in runs]
    rows = []
    for node, figures in lines.items():
        cells = [cell for seconds, mib in figures for cell in (f"{seconds:,.1f} s", f"{mib:,} MiB")]
        (first, low), (last, high) = figures[0], figures[-1]
        ratios = [f"{last / max(first, 0.1):.1f}×", f"{high / max(low, 1):.1f}×"] if len(runs) > 1 else []
        rows.append([node, *cells, *ratios])
    names = [cell for run in runs for cell in (run.name, "")]
    return table(["node", *names, *(["time", "memory"] if len(runs) > 1 else [])], rows)


def _start(arguments: Sequence[object]) -> "subprocess.Popen[bytes]":
    command = [sys.executable, "-c", "from cli.main import main; main()", *map(str, arguments)]
    return subprocess.Popen(command, stdout=sys.stderr)  # noqa: S603 - our own command line


def _finish(process: "subprocess.Popen[bytes]", arguments: Sequence[object]) -> None:
    if process.wait():
        raise SystemExit(f"vitrine {arguments[0]} failed")
