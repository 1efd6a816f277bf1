"""A catalogue of three categories whose vectors are noisy copies of their category's direction."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.embedding_folders import write_folder
from vitrine.data.formats.arrow import vector_column

DIMENSION = 16
SIZES = {"Home > Mugs": 60, "Home > Lamps": 30, "Clothing > Hats": 12}
NOISE = 0.25


def direction(category: str, dimension: int = DIMENSION) -> np.ndarray:
    vector = np.random.default_rng(sum(map(ord, category))).normal(size=dimension)
    return (vector / np.linalg.norm(vector)).astype(np.float32)


def vectors_of(categories: list[str], seed: int, dimension: int) -> np.ndarray:
    noise = np.random.default_rng(seed).normal(0, NOISE, (len(categories), dimension))
    vectors = np.stack([direction(category, dimension) for category in categories]) + noise
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


class NamingEncoder:
    """Encodes a text as the direction of the category whose name ends it; knows no images."""

    encodes_any_text = True
    dimension = DIMENSION

    def encode_text(self, texts: list[str]) -> np.ndarray:
        return np.stack([self._vector(text) for text in texts])

    encode_document = encode_text

    def _vector(self, text: str) -> np.ndarray:
        named = [category for category in SIZES if category.rpartition(" > ")[2] in text]
        return direction(named[0]) if named else direction(text)


def write_catalogue(
    folder: Path,
    extra: dict[str, int] | None = None,
    unlabelled: int = 0,
    dimension: int = DIMENSION,
    mislabelled: int = 0,
    image: str = "",
) -> None:
    """Write the embeddings of products, the last of which have no category, and of a query for each category.

    The first `mislabelled` products, mugs, are said to be lamps. `image` is that of all products that have one.
    """
    sizes = SIZES | (extra or {})
    categories = [category for category, count in sizes.items() for _ in range(count)] + [""] * unlabelled
    known = [category or "Home > Mugs" for category in categories]
    names = [f"{category.rpartition(' > ')[2]} {number}" for number, category in enumerate(known)]
    table = {
        "product_id": [str(number) for number in range(len(categories))],
        "title": names,
        "description": [""] * len(categories),
        "brand": [""] * len(categories),
        "color": [""] * len(categories),
        "category": ["Home > Lamps"] * mislabelled + categories[mislabelled:],
        "image": [image if number % 2 == 0 else "" for number in range(len(categories))],
        "views": [""] * len(categories),
        "has_text": [True] * len(categories),
        "has_image": [number % 2 == 0 for number in range(len(categories))],
        "text_vector": vector_column(vectors_of(known, 1, dimension)),
        "image_vector": vector_column(vectors_of(known, 2, dimension)),
    }
    write_folder(folder / "products", pa.table(table))
    queries = [category.rpartition(" > ")[2] for category in SIZES]
    vectors = vector_column(np.stack([direction(category, dimension) for category in SIZES]))
    ids = [str(number) for number in range(len(queries))]
    write_folder(folder / "queries", pa.table({"query_id": ids, "query": queries, "query_vector": vectors}))


def judgements() -> pa.Table:
    """Return judgements of two products of its category, and one of another, for each query."""
    starts = np.cumsum([0, *SIZES.values()]).tolist()
    rows = [
        {"query_id": str(query), "query": "", "product_id": str(product), "esci_label": label, "source": ""}
        for query, start in enumerate(starts[:-1])
        for product, label in ((start, "E"), (start + 1, "E"), ((start + 60) % 102, "I"))
    ]
    return pa.Table.from_pylist(rows)
