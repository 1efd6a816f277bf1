"""The products of one version of a catalogue, in memory: their texts, and the rows that pass a filter.

The table is stored by column, in the order of the model's rows. A filter is a look-up table over the few distinct
values of a column and one gather over its codes, so it takes well under a millisecond for a hundred thousand products.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Final, TypedDict, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from vitrine.data.columns import IMAGE, PRICE, PRODUCT_ID, PRODUCT_TEXT
from vitrine.errors import DataError
from vitrine.gateway.schemas import FACETS, Count, Facets, Filters

FACET_VALUES: Final = 50
"""Maximum number of values in a facet, the most frequent first."""

Rows = npt.NDArray[np.int64]


class ProductColumns(TypedDict):
    """A product without its image, as columns by name. Texts are never null; an unknown price is None."""

    product_id: str
    title: str
    description: str
    brand: str
    color: str
    category: str
    price: float | None


class ProductRow(ProductColumns):
    """A product as columns by name; `image` is "" where it has none."""

    image: str


@dataclass(frozen=True)
class DictionaryColumn:
    """A dictionary-encoded column: `codes` int32 [N] into `values`; `folded` has the values in lower case."""

    codes: npt.NDArray[np.int32]
    values: list[str]
    folded: list[str]

    @classmethod
    def encode(cls, column: pa.ChunkedArray) -> "DictionaryColumn":
        """Encode a column of strings; nulls become empty strings."""
        encoded = pc.fill_null(column, "").combine_chunks().dictionary_encode()
        values = encoded.dictionary.to_pylist()
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32)
        return cls(codes, values, [value.casefold() for value in values])

    def where(self, matches: Callable[[str], bool]) -> npt.NDArray[np.bool_]:
        """Return a mask, bool [N], of the rows whose value in lower case matches."""
        table = np.fromiter((matches(value) for value in self.folded), dtype=bool, count=len(self.folded))
        return table[self.codes]

    def counts(self, rows: Rows | None = None) -> list[Count]:
        """Count the most frequent values in `rows`, by default in all rows; empty values are left out."""
        codes = self.codes if rows is None else self.codes[rows]
        totals = np.bincount(codes, minlength=len(self.values))
        order = np.argsort(-totals, kind="stable")[: FACET_VALUES + 1]
        counts = [(self.values[code], int(totals[code])) for code in order if totals[code] and self.values[code]]
        return [Count(value=value, count=count) for value, count in counts[:FACET_VALUES]]


class ProductTable:
    """A table of N products in memory, without their vectors."""

    def __init__(self, table: pa.Table) -> None:
        """Load `table`, which has `product_id` and the catalogue's other columns; missing columns are empty."""
        strings = pa.nulls(table.num_rows, pa.string())
        for name in (*PRODUCT_TEXT, IMAGE):
            if name not in table.column_names:
                table = table.append_column(name, strings)
        texts = [pc.fill_null(table[name], "") for name in (*PRODUCT_TEXT, IMAGE)]
        self._table = pa.table([table[PRODUCT_ID], *texts], names=[PRODUCT_ID, *PRODUCT_TEXT, IMAGE])
        self._row = {product_id: row for row, product_id in enumerate(table[PRODUCT_ID].to_pylist())}
        self._columns = {name: DictionaryColumn.encode(self._table[name]) for name in FACETS}
        prices = (
            table[PRICE].cast(pa.float32()) if PRICE in table.column_names else pa.nulls(table.num_rows, pa.float32())
        )
        self._price = pc.fill_null(prices, float("nan")).to_numpy().astype(np.float32)

    @classmethod
    def read(cls, path: Path) -> "ProductTable":
        """Read the products from an index's `vectors.parquet`.

        Raises:
            DataError: The file cannot be read, or was written by an old version that stored titles only.
        """
        wanted = [PRODUCT_ID, *PRODUCT_TEXT, IMAGE, PRICE]
        try:
            names = parquet.read_schema(path).names
            table = parquet.read_table(path, columns=[name for name in wanted if name in names])
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: {error}; run the pipeline again") from None
        if PRODUCT_ID not in names:
            raise DataError(f"{path}: has no column {PRODUCT_ID}; run the pipeline again")
        return cls(table)

    @property
    def count(self) -> int:
        """The number of products, N."""
        return len(self._row)

    def rows(self, ids: Iterable[str]) -> Rows:
        """Return the row of each product id, -1 for unknown ids."""
        return np.fromiter((self._row.get(product_id, -1) for product_id in ids), dtype=np.int64)

    def row(self, product_id: str) -> int | None:
        """Return the row of a product, or None for an unknown id."""
        return self._row.get(product_id)

    def at(self, rows: Sequence[int] | Rows) -> list[ProductRow]:
        """Return the products in `rows`."""
        products = self._table.take(pa.array(rows, pa.int64()))
        # Conversion by way of NumPy takes a fifth of the time of `to_pylist`.
        columns = [column.to_numpy().tolist() for column in products.columns]
        prices = [round(price, 2) if isfinite(price) else None for price in self._price[rows].tolist()]
        names = [*products.column_names, PRICE]
        found = [dict(zip(names, values, strict=True)) for values in zip(*columns, prices, strict=True)]
        return cast(list[ProductRow], found)  # Arrow's columns have no types

    def mask(self, filters: Filters) -> npt.NDArray[np.bool_] | None:
        """Return a mask, bool [N], of the products that pass; None if every product passes."""
        masks = []
        for name in FACETS:
            values = {value.casefold() for value in getattr(filters, name)}
            if values:
                matches = _contains_words(values) if name == "color" else values.__contains__
                masks.append(self._columns[name].where(matches))
        if filters.price_min is not None:
            masks.append(self._price >= filters.price_min)
        if filters.price_max is not None:
            masks.append(self._price <= filters.price_max)
        return np.logical_and.reduce(masks) if masks else None

    def facets(self, rows: Rows | None = None) -> Facets:
        """Count the values in `rows`, by default in the whole catalogue."""
        prices = self._price if rows is None else self._price[rows]
        prices = prices[np.isfinite(prices)]
        counts: Mapping[str, list[Count]] = {name: self._columns[name].counts(rows) for name in FACETS}
        return Facets(
            **counts,
            price_min=round(float(prices.min()), 2) if len(prices) else None,
            price_max=round(float(prices.max()), 2) if len(prices) else None,
        )

    def texts(self) -> pa.ChunkedArray:
        """Return all texts that queries can match."""
        return pa.chunked_array([chunk for name in PRODUCT_TEXT for chunk in self._table[name].chunks], pa.string())


def pack_mask(mask: npt.NDArray[np.bool_] | None) -> bytes:
    """Pack a mask into the bits that the search model takes (`vitrine.search.index.filter_mask`)."""
    return b"" if mask is None else np.packbits(mask, bitorder="little").tobytes()


def _contains_words(values: set[str]) -> Callable[[str], bool]:
    """Return a predicate that is true of texts that contain all words of one of `values`."""
    alternatives = [set(value.split()) for value in values]
    return lambda text: any(words <= set(text.split()) for words in alternatives)
