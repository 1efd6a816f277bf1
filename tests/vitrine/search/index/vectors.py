"""Generated vectors, products and exact answers for the tests of the index."""

import numpy as np
import pyarrow as pa

from vitrine.search.index.inverted_lists import InvertedLists, build_lists, with_links
from vitrine.search.products import Products
from vitrine.search.settings import SearchSettings


def clustered(count: int, dimension: int = 16, clusters: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Return vectors around `clusters` centres, as in a catalogue, and their biases."""
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(clusters, dimension))
    vectors = centres[rng.integers(0, clusters, count)] + 0.3 * rng.normal(size=(count, dimension))
    return vectors.astype(np.float32), rng.normal(scale=0.5, size=count).astype(np.float32)


def queries_near(vectors: np.ndarray, count: int, seed: int = 1) -> np.ndarray:
    rng = np.random.default_rng(seed)
    near = vectors[rng.integers(0, len(vectors), count)] + 0.3 * rng.normal(size=(count, vectors.shape[1]))
    return (near / np.linalg.norm(near, axis=1, keepdims=True)).astype(np.float32)


def best_rows(scores: np.ndarray, count: int) -> np.ndarray:
    """Return the rows of the best scores [Q, N], the lower row first where they are equal."""
    return np.argsort(-scores, axis=1, kind="stable")[:, :count]


def recall(candidates: np.ndarray, expected: np.ndarray) -> float:
    return float(np.mean([len(set(a) & set(b)) / len(b) for a, b in zip(candidates, expected, strict=True)]))


def linked_lists(vectors: np.ndarray, bias: np.ndarray, queries: np.ndarray, options: SearchSettings) -> InvertedLists:
    return with_links(build_lists(vectors, bias, queries, options), options)


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def make_products(text: np.ndarray, image: np.ndarray | None = None, has_text=None, has_image=None) -> Products:
    """Return products with these vectors; with `image`, all have images unless `has_image` says otherwise."""
    count = len(text)
    table = pa.table({"product_id": [f"p{row}" for row in range(count)]})
    has_text = np.ones(count, bool) if has_text is None else has_text
    has_image = np.full(count, image is not None) if has_image is None else has_image
    return Products.of(table, text, image, has_text, has_image)
