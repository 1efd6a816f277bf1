"""Benchmark of `vitrine prepare esci` on files of the published size: seconds and peak memory.

    python -m benchmarks.prepare_esci [--scale 0.1 1.0] [--json FILE]

The files are made up (see `benchmarks/esci_files.py`), and all locales of the large version are prepared.
"""

from benchmarks.esci_files import CATALOGUE, JUDGED, write_esci
from benchmarks.preparation import PublishedDataset, run_benchmark

OPTIONS = ("--locale", "us", "--locale", "es", "--locale", "jp", "--version", "large")

if __name__ == "__main__":
    run_benchmark(PublishedDataset("esci", JUDGED, CATALOGUE, write_esci, 4, OPTIONS), __doc__)
