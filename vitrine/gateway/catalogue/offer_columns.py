"""The columns that offers decide: prices, stock, popularity, and the products that can be found."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine.data.columns import HIDDEN, POPULARITY, PRICE, PRODUCT_ID, STOCK
from vitrine.gateway.catalogue.facet_column import Rows
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.schemas.values import AttributeValue

Numbers = npt.NDArray[np.float64]
OWN_COLUMNS = frozenset((PRODUCT_ID, PRICE, STOCK, POPULARITY, HIDDEN))
"""The columns of offers that are no attributes of the catalogue."""


@dataclass(frozen=True)
class OfferColumns:
    """The columns of N products that offers replace. Numbers are float64 [N], NaN where they are unknown.

    Attributes:
        prices: The prices, of the catalogue where no offer has another.
        stock: The numbers in stock.
        popularity: The popularity.
        visible: The products that can be found, bool [N]; None if these are all.
        prices_digest, visible_digest, attributes_digest: Digests of prices and stock, of the hidden products and of the
            offered attributes; "" without offers of the kind.
    """

    prices: Numbers
    stock: Numbers
    popularity: Numbers
    visible: npt.NDArray[np.bool_] | None = None
    prices_digest: str = ""
    visible_digest: str = ""
    attributes_digest: str = ""

    @classmethod
    def of_catalogue(cls, prices: Numbers) -> "OfferColumns":
        """Return the columns without offers, with the catalogue's prices."""
        unknown = np.full(len(prices), np.nan)
        return cls(prices, unknown, unknown)

    def replaced(self, offers: pa.Table, rows: Rows) -> "OfferColumns":
        """Return the columns with offers: rows with `product_id` and attributes, of the products in `rows`."""
        prices, hidden = self._numbers(offers, PRICE, rows), self._numbers(offers, HIDDEN, rows) == 1
        prices = np.where(np.isnan(prices), self.prices, prices)
        stock = self._numbers(offers, STOCK, rows)
        names = attribute_names(offers)
        return OfferColumns(
            prices,
            stock,
            self._numbers(offers, POPULARITY, rows),
            ~hidden if hidden.any() else None,
            _digest(prices, stock == 0),
            _digest(hidden) if hidden.any() else "",
            _digest_of(offers.select([PRODUCT_ID, *names])) if names else "",
        )

    def _numbers(self, offers: pa.Table, name: str, rows: Rows) -> Numbers:
        numbers = np.full(len(self.prices), np.nan)
        if name in offers.column_names:
            numbers[rows] = offers[name].cast(pa.float64()).to_numpy()
        return numbers

    def digest(self, filters: Filters) -> str:
        """Return a digest of what decides which products pass; "" where nothing does."""
        by_price = filters.in_stock or (filters.price_min, filters.price_max) != (None, None)
        by_attribute = self.attributes_digest if filters.attributes else ""
        return self.visible_digest + (self.prices_digest if by_price else "") + by_attribute


def attribute_names(offers: pa.Table) -> list[str]:
    """Return the names of the attributes of the catalogue that offers have, sorted."""
    return sorted(set(offers.column_names) - OWN_COLUMNS)


def attribute_values(column: pa.ChunkedArray, rows: Rows, count: int) -> Sequence[AttributeValue | None]:
    """Return the offered values of an attribute, one for each of `count` products; None where there is none."""
    values: list[AttributeValue | None] = [None] * count
    for row, value in zip(rows.tolist(), column.to_pylist(), strict=True):
        values[row] = value
    return values


def _digest_of(table: pa.Table) -> str:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as stream:
        stream.write_table(table.combine_chunks())
    return hashlib.blake2b(sink.getvalue(), digest_size=16).hexdigest()


def _digest(*arrays: npt.NDArray[np.generic]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for array in arrays:
        digest.update(array.tobytes())
    return digest.hexdigest()
