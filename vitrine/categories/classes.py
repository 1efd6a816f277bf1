"""The classes of a catalogue: its categories, those with few products merged into an ancestor."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from vitrine.categories.taxonomy import SEPARATOR, normalised

NO_CLASS: Final = -1

Labels = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Classes:
    """C classes, and the class of each of N products.

    Attributes:
        names: the class names in alphabetical order, the levels of a taxonomy joined with ` > `.
        label: int64 [N], `NO_CLASS` where the product has none.
        merged: the class that each rare category joined.
        left_out: the number of products of each rare category without a class.
    """

    names: list[str]
    label: Labels
    merged: Mapping[str, str]
    left_out: Mapping[str, int]

    @property
    def labelled(self) -> Labels:
        """The rows of the products that have a class."""
        return np.flatnonzero(self.label != NO_CLASS)

    @property
    def counts(self) -> Labels:
        """The number of products of each class, int64 [C]."""
        return np.bincount(self.label[self.labelled], minlength=len(self.names))


def find_classes(categories: Sequence[str], min_products: int) -> Classes:
    """Return the classes of N products with these categories, "" where unknown.

    A category with fewer than `min_products` joins its parent, the deepest ones first, until the sum is large enough; a
    root that stays too small is left out.
    """
    codes, values = pd.factorize(np.asarray(categories, dtype=object))
    paths = [normalised(value) for value in values.tolist()]
    counts = Counter[str]()
    for path, count in zip(paths, np.bincount(codes, minlength=len(paths)).tolist(), strict=True):
        counts[path] += count
    del counts[""]
    target = _merged(counts, min_products)
    names = sorted({target[path] for path in counts} - {""})
    number = {name: place for place, name in enumerate(names)} | {"": NO_CLASS}
    of_value = np.array([number[target.get(path, "")] for path in paths], np.int64)
    return Classes(
        names,
        of_value[codes] if len(codes) else np.zeros(0, np.int64),
        {path: target[path] for path in sorted(counts) if target[path] not in ("", path)},
        {path: counts[path] for path in sorted(counts) if not target[path]},
    )


def _merged(counts: Mapping[str, int], min_products: int) -> dict[str, str]:
    """Return the class of each category, "" where it is left out."""
    members = {path: [path] for path in counts}
    sizes = Counter(counts)
    depths = range(max((path.count(SEPARATOR) for path in counts), default=0), -1, -1)
    for depth in depths:
        for path in [path for path in sizes if path.count(SEPARATOR) == depth and sizes[path] < min_products]:
            parent = path.rpartition(SEPARATOR)[0]
            moved, size = members.pop(path), sizes.pop(path)
            members.setdefault(parent, []).extend(moved)
            if parent:
                sizes[parent] += size
    return {member: path for path, all_members in members.items() for member in all_members}
