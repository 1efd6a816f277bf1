"""Benchmark of tuning on products: a small CLIP, pretrained on some catalogues, before and after tuning on another one.

    python -m benchmarks.tuned_clip --pretrain data/sample data/grocery --tune data/grocery [--epochs 20] [--out FOLDER]

The catalogues are folders that `vitrine prepare` wrote, with their images in `images`. One that is in both lists is
halved by the titles, so that no title is in both halves. The texts of held-out products search their images; products
of the same title or image are right as well.
"""

import argparse
import tempfile
from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.contract.files import read_catalogue
from vitrine.data.contract.splits import position
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.clip.training import train_clip
from vitrine.encoders.settings import EncoderSettings
from vitrine.encoders.training_settings import ClipTrainingSettings, ContrastiveTuningSettings
from vitrine.markdown import table
from vitrine.metrics.bootstrap import compare, estimate
from vitrine.tuning.image_text import tune

FIELDS = ("title", "brand", "color", "category")
TEXTS = (*FIELDS, "description", "views")


def main() -> None:
    """Pretrain, tune, and print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pretrain", type=Path, nargs="+", required=True)
    parser.add_argument("--tune", type=Path, nargs="+", required=True)
    parser.add_argument("--pretraining-epochs", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--learning-rate", type=float, default=3e-4)
    parser.add_argument("--share", type=float, default=0.3, help="share of the products held out (default: 0.3)")
    parser.add_argument("--out", type=Path, help="the folder of the pretrained encoder, which is used if it is there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        directory = options.out or Path(scratch) / "pretrained"
        if not (directory / "config.json").is_file():
            products = catalogue(options.pretrain, options.tune, 0)
            training = ClipTrainingSettings(epochs=options.pretraining_epochs)
            print(f"pretraining on {products.num_rows:,} products", flush=True)
            train_clip(products, Path("/"), EncoderSettings(training=training), directory, print)
        products = catalogue(options.tune, options.pretrain, 1)
        print(f"tuning on {products.num_rows:,} products", flush=True)
        settings = ContrastiveTuningSettings(
            epochs=options.epochs,
            batch_size=options.batch,
            chunk=None,
            learning_rate=options.learning_rate,
            train_words=True,
            validation_share=options.share,
        )
        source, states = read_checkpoint(directory), f"{scratch}/states"
        tuned = tune(source, settings, products, FIELDS, Path("/"), None, "float32", states, print)
    rows = [
        [metric, str(estimate(before)), str(estimate(after)), str(compare(after, before).difference)]
        for (metric, before), after in zip(tuned.baseline.items(), tuned.tuned.values(), strict=True)
    ]
    print(f"\n{tuned.products:,} held-out products; epoch {tuned.epoch}, share {tuned.share:.2f}\n")
    print(table(["", "before", "after", "difference"], rows))


def catalogue(folders: Sequence[Path], others: Sequence[Path], half: int) -> pa.Table:
    """Return the products of all folders; of those that are in `others`, too, the ones of half of the titles."""
    tables = []
    for folder in folders:
        products = read_catalogue(folder)
        if folder in others:
            kept = [int(position(title or "", "benchmark") < 0.5) == half for title in products["title"].to_pylist()]
            products = products.filter(pa.array(kept))
        columns = {name: pc.fill_null(pc.cast(products[name], pa.string()), "") for name in TEXTS}
        ids = [f"{folder.name}-{product}" for product in products["product_id"].to_pylist()]
        images = [str(folder.resolve() / "images" / image) if image else "" for image in products["image"].to_pylist()]
        columns["views"] = pa.array([""] * len(ids))
        tables.append(pa.table({"product_id": ids, "image": images, **columns}))
    return pa.concat_tables(tables)


if __name__ == "__main__":
    main()
