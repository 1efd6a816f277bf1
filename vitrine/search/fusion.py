"""Text and picture similarities on one scale, folded into one vector and one bias per product.

CLIP's similarities of two texts lie far above those of a text and a picture, so each kind is first standardised by what
random pairs of its kind score: z = (q·v − mean) / std. A product with both sides has w z_text + (1 − w) z_image, one
with a single side has that side's z. This is linear in the query vector q, so with the coefficients a_text, a_image and
the bias of `coefficients`,

    similarity = q · (a_text text_vector + a_image image_vector) + bias

and an index needs one matrix product per query instead of two.
"""

import numpy as np
import numpy.typing as npt

from vitrine.search.products import Products
from vitrine.search.settings import Calibration, Fusion, SearchWeights

Vectors = npt.NDArray[np.float32]

UNFINDABLE = -10.0
"""Similarity of a product with neither text nor picture: ten deviations below a random pair."""

PAIRS = 20_000


def coefficients(fusion: Fusion, products: Products) -> Vectors:
    """Coefficient of the text side, of the picture side, and the bias of each product: float32 [N, 3]."""
    text, image = products.has_text, products.has_image
    weight = np.where(text & image, fusion.text_weight, text.astype(float))
    on_text = weight / fusion.text.std
    on_image = np.where(image, 1 - weight, 0) / fusion.image.std
    bias = np.where(text | image, -on_text * fusion.text.mean - on_image * fusion.image.mean, UNFINDABLE)
    return np.stack([on_text, on_image, bias], axis=1).astype(np.float32)


def fold(coefficient: Vectors, products: Products) -> Vectors:
    """The fused vector of each product, float32 [N, D], for coefficients [N, 3]."""
    return coefficient[:, :1] * products.text_vectors + coefficient[:, 1:2] * products.image_vectors


def calibrate(queries: Vectors, vectors: Vectors, same: bool = False, seed: int = 0) -> Calibration:
    """Mean and deviation of q·v over random pairs of `queries` [Q, D] and `vectors` [M, D].

    `same` says that both are the same rows, so that no row is paired with itself. Without two rows to pair there is
    nothing to measure, and the standard calibration (0, 1) is given.
    """
    if len(queries) == 0 or len(vectors) == 0 or (same and len(vectors) == 1):
        return Calibration()
    rng = np.random.default_rng(seed)
    left = rng.integers(0, len(queries), PAIRS)
    step = rng.integers(1, len(vectors), PAIRS) if same else rng.integers(0, len(vectors), PAIRS)
    right = (left + step) % len(vectors) if same else step
    similarities = np.einsum("pd,pd->p", queries[left], vectors[right])
    # Equal vectors have no deviation; the floor keeps the scale finite.
    return Calibration(mean=float(similarities.mean()), std=max(float(similarities.std()), 1e-3))


def calibrated(products: Products, query_vectors: Vectors | None = None, seed: int = 0) -> SearchWeights:
    """Weights with measured calibrations, and the defaults for what only judgements can tell.

    `query_vectors` [Q, D] are real queries' vectors; without any, the products' own texts stand in for queries.
    """
    text = products.text_vectors[products.has_text]
    image = products.image_vectors[products.has_image]
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
    """Calibrated similarity [P] of the products in `rows` [P], from their inner products with the query, [P] each."""
    on_text, on_image, bias = coefficients(fusion, products)[rows].T
    return np.asarray(on_text * by_text + on_image * by_image + bias, dtype=np.float64)
