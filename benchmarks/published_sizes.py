"""Benchmark of the whole pipeline at the sizes of published datasets, with their vectors at hand.

    python -m benchmarks.published_sizes {sqid,esci-task1,esci-large,home-depot} [--folder DIR] [--json FILE]

* sqid: made-up files of SQID's size (see `benchmarks/sqid_files.py`), through `configs/sqid.yaml` as it is.
* esci-task1: made-up files of ESCI's size (see `benchmarks/esci_files.py`), whose reduced version in English, Task 1's,
  is used, with made-up vectors of 384 numbers.
* esci-large: all locales of the large version, likewise.
* home-depot: the real files in the folder `home_depot` of VITRINE_REAL_DATA, with made-up vectors of 384 numbers.

Nothing can be learnt from made-up words or vectors, so the gates accept any model, except with SQID's settings. The
peak is that of all processes together; see `benchmarks/measured_run.py` for the columns.
"""

import argparse
import json
import os
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import yaml

from benchmarks.esci_files import write_esci
from benchmarks.measured_run import ANY_MODEL, measured_run, nodes_table, vitrine
from benchmarks.sqid_files import write_sqid
from benchmarks.vectors_at_hand import write_vectors
from vitrine.data.contract.files import check

Settings = dict[str, Any]
ROOT: Final = Path(__file__).resolve().parents[1]
DIMENSION: Final = 384
TASK1: Final = ("--locale", "us", "--version", "small")
LARGE: Final = ("--locale", "us", "--locale", "es", "--locale", "jp", "--version", "large")


def sqid(folder: Path) -> Settings:
    """Prepare SQID's size, and return `configs/sqid.yaml` with the folder's data."""
    write_sqid(folder / "files")
    vitrine("prepare", "sqid", "--input", folder / "files", "--output", folder / "data")
    settings: Settings = yaml.safe_load((ROOT / "configs" / "sqid.yaml").read_text(encoding="utf-8"))
    settings["data"]["dir"] = str(folder / "data")
    settings["encoder"]["source"] = str(folder / "data" / "vectors")
    return settings


def esci(folder: Path, options: tuple[str, ...]) -> Settings:
    """Prepare a version of ESCI's size."""
    write_esci(folder / "files")
    vitrine("prepare", "esci", "--input", folder / "files", "--output", folder / "data", *options)
    return with_vectors(folder / "data")


def home_depot(folder: Path) -> Settings:
    """Prepare the real files."""
    real = os.environ.get("VITRINE_REAL_DATA")
    if not real:
        raise SystemExit("set VITRINE_REAL_DATA to a folder that holds home_depot/train.csv and the other real files")
    vitrine("prepare", "home_depot", "--input", Path(real) / "home_depot", "--output", folder / "data")
    return with_vectors(folder / "data")


def with_vectors(data: Path) -> Settings:
    """Write made-up vectors for prepared data, and return settings that use them."""
    encoder = {"kind": "precomputed", "source": str(write_vectors(data, DIMENSION))}
    return {"data": {"dir": str(data)}, "encoder": encoder, **ANY_MODEL}


SIZES: Final[dict[str, Callable[[Path], Settings]]] = {
    "sqid": sqid,
    "esci-task1": lambda folder: esci(folder, TASK1),
    "esci-large": lambda folder: esci(folder, LARGE),
    "home-depot": home_depot,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", choices=SIZES)
    parser.add_argument("--folder", type=Path, help="keep the data and the run here, instead of a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        settings = SIZES[arguments.size](folder)
        summary = check(folder / "data")
        result = measured_run(arguments.size, settings, folder)
    counts = (sum(summary.judgements.values()), sum(summary.queries.values()), summary.products)
    print("{:,} judgements of {:,} queries and {:,} products\n".format(*counts))
    print(nodes_table([result]))
    if arguments.json:
        arguments.json.write_text(json.dumps(asdict(result), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
