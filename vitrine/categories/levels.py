"""The levels of a taxonomy: the probability of a category at a level is the sum of those of the classes below it.

So the levels of one product are always consistent, and no level needs a head of its own.
"""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from vitrine.categories.taxonomy import SEPARATOR, ancestors


def level_members(names: Sequence[str]) -> list[npt.NDArray[np.float32]]:
    """Return, for each level above the deepest, which of the C classes are in each of its L categories, [C, L] of 0, 1.

    A class that ends above a level is a category of that level by itself.
    """
    depth = max(name.count(SEPARATOR) for name in names)
    return [_members([_at(name, level) for name in names]) for level in range(depth)]


def _at(name: str, level: int) -> str:
    path = ancestors(name)
    return path[min(level, len(path) - 1)]


def _members(categories: Sequence[str]) -> npt.NDArray[np.float32]:
    _, number = np.unique(np.array(categories, dtype=object).astype(str), return_inverse=True)
    return np.eye(int(number.max()) + 1, dtype=np.float32)[number]
