"""Benchmark of `vitrine prepare esci` on files of the published size: seconds and peak memory.

    python -m benchmarks.prepare_esci [--scale 0.1 1.0] [--json FILE]

The files are made up (see `benchmarks/esci_files.py`), and all locales of the large version are prepared. Each scale
runs in a process of its own, whose peak resident memory the kernel reports.
"""

import argparse
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from benchmarks.esci_files import CATALOGUE, JUDGED, write_esci

ARGUMENTS: Final = ("--locale", "us", "--locale", "es", "--locale", "jp", "--version", "large")


def measure(folder: Path, scale: float) -> dict[str, Any]:
    """Write files of the given scale to `folder`, prepare them, and return the seconds and the peak MiB."""
    write_esci(folder / "esci", scale)
    size = sum(path.stat().st_size for path in (folder / "esci").iterdir())
    command = [sys.executable, "-c", "from cli.main import main; main()", "prepare", "esci",
               "--input", str(folder / "esci"), "--output", str(folder / "out"), *ARGUMENTS]  # fmt: skip
    started = time.monotonic()
    process = os.posix_spawn(sys.executable, command, os.environ)
    _, status, usage = os.wait4(process, 0)
    seconds = time.monotonic() - started
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"vitrine prepare failed at scale {scale}")
    written = sum(path.stat().st_size for path in (folder / "out").rglob("*.csv"))
    return {
        "scale": scale,
        "judgements": int(JUDGED * scale),
        "products": int(CATALOGUE * scale),
        "input_mib": size / 2**20,
        "output_mib": written / 2**20,
        "seconds": seconds,
        "cpu_seconds": usage.ru_utime + usage.ru_stime,
        "peak_mib": usage.ru_maxrss / 2**10,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, nargs="+", default=[0.1, 1.0], help="shares of the published size")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    parser.add_argument("--folder", type=Path, help="the folder for the files, some 4 GB (default: a temporary folder)")
    arguments = parser.parse_args()
    results = []
    for scale in arguments.scale:
        with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
            results.append(measure(Path(folder), scale))
    table = Table("judgements", "products", "read, MiB", "written, MiB", "seconds", "CPU seconds", "peak, MiB")
    for row in results:
        table.add_row(*(f"{value:,.0f}" for name, value in row.items() if name != "scale"))
    Console().print(table)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
