"""Impressions: the products that searches showed, with what was clicked, as arrays."""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Impressions:
    """N impressions of S searches, in the order of searches and positions.

    Attributes:
        search: int64 [N], the number of the search, ascending.
        query: int64 [N], the number of the query's normalised text in `queries`.
        product: int64 [N], the number of the product in `products`.
        position: int64 [N], from 0.
        clicked: bool [N], whether it was clicked or bought.
        bought: bool [N].
        user: int64 [S], the number of the user who searched; -1 without an id.
        time: float64 [S], seconds since 1970.
        queries: the normalised texts.
        spellings: the text of each of `queries` as it was typed first.
        products: the ids.
    """

    search: Ints
    query: Ints
    product: Ints
    position: Ints
    clicked: Mask
    bought: Mask
    user: Ints
    time: Floats
    queries: list[str]
    spellings: list[str]
    products: list[str]

    def __len__(self) -> int:
        return len(self.search)

    @property
    def keys(self) -> Ints:
        """A number for each pair of query and product, int64 [N]."""
        return self.query * max(len(self.products), 1) + self.product

    def of_searches(self, kept: Mask) -> "Impressions":
        """Return the impressions of the searches in `kept`, bool [S], which keep their numbers."""
        return self.where(kept[self.search])

    def where(self, kept: Mask) -> "Impressions":
        """Return the impressions in `kept`, bool [N]."""
        rows = {name: getattr(self, name)[kept] for name in _ROWS}
        return replace(self, **rows)


_ROWS = ("search", "query", "product", "position", "clicked", "bought")
