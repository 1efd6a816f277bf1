"""Measurement of `vitrine prepare` on made-up files of a dataset's published size.

Each scale runs in a process of its own, whose peak resident memory the kernel reports. The files are written by another
one: the kernel counts the peak of a process that spawns as the peak of the spawned one, too.
"""

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class PublishedDataset:
    """A dataset of the registry, its published sizes, and the function that writes its files at a scale.

    `options` are those of `vitrine prepare`, and `gigabytes` the disk space of all files at full scale.
    """

    name: str
    judgements: int
    products: int
    write: Callable[[Path, float], None]
    gigabytes: int
    options: tuple[str, ...] = ()


def measure(dataset: PublishedDataset, folder: Path, scale: float) -> dict[str, Any]:
    """Write files of the given scale to `folder`, prepare them, and return the seconds and the peak MiB."""
    writer = multiprocessing.get_context("spawn").Process(target=dataset.write, args=(folder / "in", scale))
    writer.start()
    writer.join()
    if writer.exitcode:
        raise SystemExit(f"the files of {dataset.name} could not be written at scale {scale}")
    command = [sys.executable, "-c", "from cli.main import main; main()", "prepare", dataset.name,
               "--input", str(folder / "in"), "--output", str(folder / "out"), *dataset.options]  # fmt: skip
    started = time.monotonic()
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - started
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"vitrine prepare failed at scale {scale}")
    return {
        "scale": scale,
        "judgements": int(dataset.judgements * scale),
        "products": int(dataset.products * scale),
        "input_mib": _mib(folder / "in"),
        "output_mib": _mib(folder / "out"),
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 2**10,
    }


def _mib(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 2**20


def run_benchmark(dataset: PublishedDataset, description: str) -> None:
    """Measure the scales of the command line, and print a table."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, nargs="+", default=[0.1, 1.0], help="shares of the published size")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    space = f"the folder for the files, some {dataset.gigabytes} GB (default: a temporary folder)"
    parser.add_argument("--folder", type=Path, help=space)
    arguments = parser.parse_args()
    results = []
    for scale in arguments.scale:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            results.append(measure(dataset, Path(folder), scale))
    table = Table("judgements", "products", "read, MiB", "written, MiB", "seconds", "CPU seconds", "peak, MiB")
    for row in results:
        table.add_row(*(f"{value:,.0f}" for name, value in row.items() if name != "scale"))
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
