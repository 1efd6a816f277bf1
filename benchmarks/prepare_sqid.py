"""Benchmark of `vitrine prepare sqid` on files of the published size: seconds and peak memory.

    python -m benchmarks.prepare_sqid [--scale 0.1 1.0] [--json FILE]

The files are made up (see `benchmarks/sqid_files.py`).
"""

from benchmarks.preparation import PublishedDataset, run_benchmark
from benchmarks.sqid_files import CATALOGUE, JUDGED, write_sqid

if __name__ == "__main__":
    run_benchmark(PublishedDataset("sqid", JUDGED, CATALOGUE, write_sqid, 3), __doc__)
