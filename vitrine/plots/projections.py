"""Projections of vectors to the plane."""

import importlib.util
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.plots.umap_import import umap_class

FEWEST: Final = 8
"""Vectors below which there are no neighbourhoods to preserve."""
_PERPLEXITY: Final = 30
_NEIGHBOURS: Final = 15

Points = npt.NDArray[np.float32]


def projections(vectors: npt.NDArray[np.float32], seed: int = 0) -> dict[str, Points]:
    """Return the points, float32 [N, 2], of `vectors` [N, D] by the name of each method, at least `FEWEST` of them.

    t-SNE (van der Maaten and Hinton 2008) preserves neighbourhoods, and distances between its clusters mean little;
    UMAP (McInnes, Healy and Melville 2018) preserves more of the global structure. Where umap-learn is not installed,
    the first two principal components take its place.
    """
    from sklearn.decomposition import PCA  # type: ignore[import-untyped]
    from sklearn.manifold import TSNE  # type: ignore[import-untyped]

    perplexity = min(_PERPLEXITY, (len(vectors) - 1) / 3)
    methods = {"t-SNE": TSNE(metric="cosine", perplexity=perplexity, random_state=seed)}
    if importlib.util.find_spec("umap"):
        neighbours = min(_NEIGHBOURS, len(vectors) - 1)
        methods["UMAP"] = umap_class()(metric="cosine", n_neighbors=neighbours, random_state=seed, n_jobs=1)
    else:
        methods["principal components"] = PCA(2, random_state=seed)
    return {name: np.asarray(method.fit_transform(vectors), np.float32) for name, method in methods.items()}
