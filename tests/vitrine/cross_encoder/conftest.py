"""A tiny random BERT, and pairs whose labels depend on query and product together."""

from pathlib import Path

import numpy as np
import pytest

from benchmarks.reference.client import Reference
from vitrine.cross_encoder.training_pairs import Pairs

COLORS = ["red", "blue"]
KINDS = ["mug", "lamp"]
WORDS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *COLORS, *KINDS, "a", "##s", "long", "cafe", "猫", "'", "!"]
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 48}


def write_bert(reference: Reference, directory: Path, model: str = "BertModel", **fields: object) -> Path:
    """Write a tiny random checkpoint."""
    config = {"max_position_embeddings": 40, **SIZES, **fields}
    reference("bert.write", directory=directory, words=WORDS, config=config, model=model, seed=0, noise=0.1)
    return directory


def make_pairs(queries: int, products: int, seed: int = 0) -> Pairs:
    """Return pairs whose label depends on both sides: 2 for a red query, plus 1 for a product that is a mug."""
    rng = np.random.default_rng(seed)
    rows = [
        (rng.choice(COLORS), number, rng.choice(COLORS), rng.choice(KINDS))
        for number in range(queries)
        for _ in range(products)
    ]
    labels = [2 * (color == "red") + (kind == "mug") for color, _, _, kind in rows]
    return Pairs(
        [f"{color} {'a ' * (number % 5)}{'long ' * (number // 5)}" for color, number, _, _ in rows],
        [f"{kind} {other}" for _, _, other, kind in rows],
        np.array(labels, np.int64),
    )


@pytest.fixture(scope="session")
def bert(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Path:
    return write_bert(reference, tmp_path_factory.mktemp("bert"), num_hidden_layers=1)


@pytest.fixture(scope="session")
def classifier(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Path:
    """A random cross-encoder, written by transformers."""
    labels = {"id2label": dict(enumerate("ICSE")), "label2id": {label: index for index, label in enumerate("ICSE")}}
    return write_bert(reference, tmp_path_factory.mktemp("classifier"), "BertForSequenceClassification", **labels)
