"""Judgements and a catalogue of texts that share no word, so that only judgements tell which belong together."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from benchmarks.reference.client import Reference

THINGS = 24
WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "[MASK]",
    *(f"{kind}{n}" for kind in "qp" for n in range(THINGS)),
    "a",
    "new",
]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}
FIELDS = ("title", "brand")


def write_bert(reference: Reference, directory: Path) -> Path:
    """Write a tiny random BERT, as transformers saves it."""
    config = {"max_position_embeddings": 40, **SIZES}
    reference("bert.write", directory=directory, words=WORDS, config=config, model="BertModel", seed=0, noise=0.1)
    return directory


def tables(queries: int) -> tuple[pa.Table, pa.Table]:
    """Return judgements and a catalogue. The products p7, "a p7" and "new p7" are exact for "q7", others are not."""
    products = [
        (f"{thing}-{form}", f"{form} p{thing}".strip(), "") for thing in range(THINGS) for form in ("", "a", "new")
    ]
    rng = np.random.default_rng(0)
    rows = []
    for number in range(queries):
        thing = number % THINGS
        query = f"{'a ' * (number // THINGS)}q{thing}"
        others = rng.choice(
            [product for product, *_ in products if not product.startswith(f"{thing}-")], 3, replace=False
        )
        rows += [(query, f"{thing}-{form}", "E") for form in ("", "a", "new")]
        rows += [(query, product, "I") for product in others]
    judgements = pa.table(dict(zip(("query", "product_id", "esci_label"), zip(*rows, strict=True), strict=True)))
    return judgements, pa.table(dict(zip(("product_id", "title", "brand"), zip(*products, strict=True), strict=True)))
