"""Parts of the products for cross-fitting, none of which shares near-duplicates with another."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.categories.classes import Labels
from vitrine.data.images.near_duplicates import join_groups
from vitrine.embeddings.known_vectors import content_key
from vitrine.files.mapped_pages import release_pages

DECIMALS: Final = 3
"""Image vectors that are equal to so many decimals are of one image."""
BLOCK: Final = 8192
"""Image vectors that are read at a time."""


def near_duplicates(
    titles: Sequence[str], images: npt.NDArray[np.float32] | None, has_image: npt.NDArray[np.bool_]
) -> Labels:
    """Return the group of each of N products, int64 [N]: those with the same title, or with the same image.

    `images` are their image vectors, float32 [N, D] or None, which are compared to three decimals.
    """
    by_title = [" ".join(title.casefold().split()) or None for title in titles]
    by_image: list[bytes | None] = [None] * len(titles)
    for start in range(0, len(titles) if images is not None else 0, BLOCK):
        assert images is not None
        rounded = np.round(images[start : start + BLOCK], DECIMALS) + np.float32(0)  # without −0
        for place, vector in enumerate(rounded, start):
            if has_image[place]:
                by_image[place] = content_key(vector.tobytes())
        release_pages()
    return join_groups(*(pd.factorize(np.asarray(by, dtype=object))[0] for by in (by_title, by_image)))


def assign_folds(label: Labels, group: Labels, folds: int, seed: int) -> Labels:
    """Return the fold of each of N products, int64 [N]: whole groups, so that each class is spread evenly."""
    groups = pd.DataFrame({"group": group, "label": label}).drop_duplicates("group").sample(frac=1, random_state=seed)
    offset = np.random.default_rng(seed).integers(folds, size=int(label.max(initial=0)) + 1)
    fold = (groups.groupby("label").cumcount().to_numpy() + offset[groups["label"].to_numpy()]) % folds
    of_group = np.zeros(int(group.max(initial=0)) + 1, np.int64)
    of_group[groups["group"].to_numpy()] = fold
    return of_group[group]
