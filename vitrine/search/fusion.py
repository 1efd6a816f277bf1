"""Fusion of text and image similarities into one vector and one bias per product.

CLIP's similarities of two texts are far higher than those of a text and an image, so each kind is standardised by the
similarities of random pairs of its kind: z = (q·v − mean) / std. A product with text and image has the similarity
w z_text + (1 − w) z_image, a product with only one of them has that z. This is linear in the query vector q, so with
the coefficients a_text, a_image and the bias of `coefficients`,

    similarity = q · (a_text text_vector + a_image image_vector) + bias

and an index needs one matrix product per query instead of two.
"""

import numpy as np
import numpy.typing as npt

from vitrine.search.products import Products
from vitrine.search.row_blocks import Rows, RowSource, Vectors, row_blocks
from vitrine.search.settings import Calibration, Fusion, SearchWeights

UNFINDABLE = -10.0
"""Similarity of a product with neither text nor image: ten deviations below a random pair."""

PAIRS = 20_000
BATCH = 4096
"""Pairs whose vectors are in memory together."""


def coefficients_of_kinds(fusion: Fusion) -> Vectors:
    """Return the coefficients of text and image and the bias of each of `Products.kinds`, float32 [4, 3]."""
    text, image = np.array([False, True, False, True]), np.array([False, False, True, True])
    weight = np.where(text & image, fusion.text_weight, text.astype(float))
    on_text = weight / fusion.text.std
    on_image = np.where(image, 1 - weight, 0) / fusion.image.std
    bias = np.where(text | image, -on_text * fusion.text.mean - on_image * fusion.image.mean, UNFINDABLE)
    return np.stack([on_text, on_image, bias], axis=1).astype(np.float32)


def coefficients(fusion: Fusion, products: Products) -> Vectors:
    """Return the coefficients of text and image and the bias of each product, float32 [N, 3]."""
    return coefficients_of_kinds(fusion)[products.kinds]


class FusedVectors:
    """The fused vector of each product for one kind of query, computed when it is read."""

    def __init__(self, fusion: Fusion, products: Products) -> None:
        self._products, self._coefficients = products, coefficients(fusion, products)

    @property
    def bias(self) -> Vectors:
        """The bias of each product, float32 [N]."""
        return self._coefficients[:, 2]

    def __len__(self) -> int:
        return self._products.count

    def __getitem__(self, rows: slice | Rows) -> Vectors:
        """Return the fused vectors of a slice or of an int array [n], float32 [n, D]."""
        on_text, on_image, _ = self._coefficients[rows].T[:, :, None]
        fused: Vectors = on_text * self._products.text_vectors[rows]
        if self._products.image_vectors is not None:
            fused += on_image * self._products.image_vectors[rows]
        return fused


def calibrate(queries: RowSource, vectors: RowSource, same: bool = False, seed: int = 0) -> Calibration:
    """Measure mean and deviation of q·v over random pairs of `queries` [Q, D] and `vectors` [M, D].

    With `same`, both are the same rows, and no row is paired with itself. Without two rows to pair, the result is the
    standard calibration (0, 1).
    """
    if len(queries) == 0 or len(vectors) == 0 or (same and len(vectors) == 1):
        return Calibration()
    rng = np.random.default_rng(seed)
    left = rng.integers(0, len(queries), PAIRS)
    step = rng.integers(1, len(vectors), PAIRS) if same else rng.integers(0, len(vectors), PAIRS)
    right = (left + step) % len(vectors) if same else step
    similarities = np.concatenate(
        [np.einsum("pd,pd->p", queries[left[part]], vectors[right[part]]) for part in row_blocks(PAIRS, BATCH)]
    )
    # Equal vectors have no deviation; the lower bound keeps the scale finite.
    return Calibration(mean=float(similarities.mean()), std=max(float(similarities.std()), 1e-3))


def calibrated(products: Products, query_vectors: Vectors | None = None, seed: int = 0) -> SearchWeights:
    """Return weights with measured calibrations; weights that need judgements keep their defaults.

    `query_vectors` [Q, D] are vectors of real queries. Without them, the products' texts are used as queries.
    """
    text, image = products.present_texts, products.present_images
    queries = text if query_vectors is None else query_vectors
    default = SearchWeights()
    of_text = {
        "text": calibrate(queries, text, same=query_vectors is None, seed=seed),
        "image": calibrate(queries, image, seed=seed),
    }
    of_image = {
        "text": calibrate(image, text, seed=seed),
        "image": calibrate(image, image, same=True, seed=seed),
    }
    return default.model_copy(
        update={
            "text_query": default.text_query.model_copy(update=of_text),
            "image_query": default.image_query.model_copy(update=of_image),
        }
    )


def combine(
    fusion: Fusion,
    products: Products,
    rows: npt.NDArray[np.int64],
    by_text: npt.NDArray[np.float64],
    by_image: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return the calibrated similarity [P] of the products in `rows` [P] from their inner products with the query.

    `by_text` and `by_image` [P] are the inner products of the query with the text and image vectors.
    """
    on_text, on_image, bias = coefficients(fusion, products)[rows].T
    return np.asarray(on_text * by_text + on_image * by_image + bias, dtype=np.float64)
