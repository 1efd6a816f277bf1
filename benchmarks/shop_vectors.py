"""Made-up vectors with the structure of a shop's.

A vector is the unit sum of a common direction (encoders of texts use a narrow cone), its category's, its family's and
its own, each but the first drawn with a spectrum that falls as a power of the rank. A query is a product's vector
without half of what is the product's own, and a longer deviation in its place. Uniformly random vectors would have no
lists worth probing, and no neighbours worth finding.

100,000 such vectors of 512 numbers have a mean of length .62, cosines of .39 ± .12 with one another, and .20, .42 and
.72 of their variance in the first 8, 32 and 128 directions. SQID's 8,956 queries, as CLIP ViT-L/14 encodes them, have
.67, .46 ± .11 and .17, .35 and .64. The median cosine of a query with its best product is .75, with the tenth .66 and
with the hundredth .57; in the catalogue of `benchmarks/retrieval_vectors.py` these are .73, .69 and .63.
"""

from typing import Final

import numpy as np
import numpy.typing as npt

Vectors = npt.NDArray[np.float32]

COMMON, CATEGORY, FAMILY, OWN = 0.6, 0.5, 0.45, 0.35
"""Lengths of the parts of a vector."""
DEVIATION: Final = 0.8
"""Length of a query's deviation from its product."""
DECAY: Final = 0.75
"""The exponent of the spectrum."""


class VectorParts:
    """Random parts of vectors of D numbers.

    Attributes:
        common: the part that all share, float32 [D].
    """

    def __init__(self, rng: np.random.Generator, dimension: int) -> None:
        self._rng = rng
        turn, _ = np.linalg.qr(rng.normal(size=(dimension, dimension)))
        self._turn = (turn * np.sqrt(spectrum(dimension))).astype(np.float32)
        first = self._turn[:, 0]
        self.common: Vectors = (COMMON * first / np.linalg.norm(first)).astype(np.float32)

    def draw(self, size: int) -> Vectors:
        """Return parts of a mean squared length of 1, float32 [size, D]."""
        dimension = len(self._turn)
        drawn: Vectors = self._rng.standard_normal((size, dimension), dtype=np.float32) @ self._turn.T
        return drawn


def spectrum(dimension: int) -> npt.NDArray[np.float64]:
    """Return the share of each direction in the squared length, float64 [D]."""
    shares = np.arange(1, dimension + 1) ** -DECAY
    share: npt.NDArray[np.float64] = shares / shares.sum()
    return share


def unit(vectors: Vectors) -> Vectors:
    """Scale rows [N, D] to unit length."""
    scaled: Vectors = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return scaled
