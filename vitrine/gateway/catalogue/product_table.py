"""The products of one version of a catalogue, in memory: their texts, and the rows that pass a filter.

The table is stored by column, in the order of the model's rows. A filter is a look-up table over the few distinct
values of a column and one gather over its codes, so it takes well under a millisecond for a hundred thousand products.
"""

import copy
from collections.abc import Container, Iterable, Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Final, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import parquet

from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.table import AttributeTable, read_attribute_table
from vitrine.data.columns import (
    ATTRIBUTES,
    CATEGORY_PREDICTED,
    CATEGORY_PROBABILITY,
    CURRENCY,
    IMAGE,
    POPULARITY,
    PRICE,
    PRODUCT_ID,
    PRODUCT_TEXT,
    STOCK,
)
from vitrine.errors import DataError
from vitrine.gateway.catalogue.attribute_columns import (
    AttributeColumn,
    NumberColumn,
    SortKey,
    columns_of,
    with_values,
)
from vitrine.gateway.catalogue.attribute_facets import Part, attribute_facets, histogram
from vitrine.gateway.catalogue.facet_column import FacetColumn, Rows
from vitrine.gateway.catalogue.offer_columns import OfferColumns, attribute_names, attribute_values
from vitrine.gateway.catalogue.predicted_categories import predicted_categories
from vitrine.gateway.catalogue.product_row import ProductRow
from vitrine.gateway.catalogue.standings import standings
from vitrine.gateway.catalogue.variant_groups import VariantGroups
from vitrine.gateway.schemas.facets import Count, Facets
from vitrine.gateway.schemas.filters import AttributeFilter, Filters
from vitrine.gateway.schemas.values import FACETS, AttributeValue, Facet
from vitrine.interpretation.catalogue_words import CatalogueWords, Values

NO_ATTRIBUTES: Final = AttributeTable()
PRICED: Final = 0.5
"""The share of products with a price from which words about prices are interpreted: others fail such filters."""

CATEGORY: Final = "category"
UNITS: Final = "units"


class ProductTable:
    """A table of N products in memory, without their vectors.

    Offers, if there are any, replace prices and values of attributes; hidden products are then not found any more.
    """

    def __init__(self, table: pa.Table, attributes: AttributeTable = NO_ATTRIBUTES) -> None:
        """Load `table`, which has `product_id` and the catalogue's other columns; missing columns are empty.

        Raises:
            DataError: The attributes are of another number of products.
        """
        further = (*attributes.columns.values(), attributes.currency, attributes.price)
        lengths = {len(column) for column in further if column is not None}
        if lengths - {table.num_rows}:
            raise DataError(f"attributes of {max(lengths)} products, and not {table.num_rows}; run the pipeline again")
        strings = pa.nulls(table.num_rows, pa.string())
        for name in (*PRODUCT_TEXT, IMAGE):
            if name not in table.column_names:
                table = table.append_column(name, strings)
        texts = [pc.fill_null(table[name], "") for name in (*PRODUCT_TEXT, IMAGE)]
        self._table = pa.table([table[PRODUCT_ID], *texts], names=[PRODUCT_ID, *PRODUCT_TEXT, IMAGE])
        self._row = {product_id: row for row, product_id in enumerate(table[PRODUCT_ID].to_pylist())}
        predicted = predicted_categories(table)
        self._is_predicted = predicted.is_valid().to_numpy()
        categories = pc.coalesce(predicted, self._table[CATEGORY])
        self._shown = self._table.set_column(self._table.column_names.index(CATEGORY), CATEGORY, categories)
        self._columns = {name: FacetColumn.encode(name, self._shown[name]) for name in FACETS}
        prices = table[PRICE] if PRICE in table.column_names else pa.nulls(table.num_rows, pa.float64())
        known = _decimal(pc.fill_null(prices, float("nan")).to_numpy())
        if attributes.price is not None:
            exact = pc.fill_null(attributes.price, float("nan")).to_numpy()
            known = np.where(np.isnan(exact), known, exact)
        self._offers = OfferColumns.of_catalogue(known)
        self.attributes: Mapping[str, AttributeColumn] = columns_of(attributes)
        self._currency = attributes.currency.combine_chunks() if attributes.currency is not None else None
        self._standings: dict[str, npt.NDArray[np.float64]] = {}
        self._groups: VariantGroups | None = None

    def with_offers(self, offers: pa.Table) -> "ProductTable":
        """Return a table with offers, which are rows with `product_id` and attributes; null is an unknown value.

        Offers of products that are not in the table have no effect.
        """
        products = copy.copy(self)
        products._standings, products._groups = {}, None
        rows = self.rows(offers[PRODUCT_ID].to_pylist())
        is_known = rows >= 0
        rows, offers = rows[is_known], offers.filter(pa.array(is_known))
        products._offers = self._offers.replaced(offers, rows)
        products.attributes = {**self.attributes, **self._offered(offers, rows)}
        return products

    def _offered(self, offers: pa.Table, rows: Rows) -> dict[str, AttributeColumn]:
        """Return the columns of the attributes that offers have; one that is declared otherwise stays as it is."""
        found = {}
        for name in attribute_names(offers):
            values = attribute_values(offers[name], rows, len(self._row))
            is_text = pa.types.is_string(offers[name].type)
            if column := with_values(self.attributes.get(name), values, is_text):
                found[name] = column
        return found

    @classmethod
    def read(cls, path: Path) -> "ProductTable":
        """Read the products from an index's `vectors.parquet`.

        Raises:
            DataError: The file cannot be read, or was written by an old version that stored titles only.
        """
        wanted = [PRODUCT_ID, *PRODUCT_TEXT, IMAGE, PRICE, CATEGORY_PREDICTED, CATEGORY_PROBABILITY]
        try:
            names = parquet.read_schema(path).names
            table = parquet.read_table(path, columns=[name for name in wanted if name in names])
        except (OSError, pa.ArrowException) as error:
            raise DataError(f"{path}: {error}; run the pipeline again") from None
        if PRODUCT_ID not in names:
            raise DataError(f"{path}: has no column {PRODUCT_ID}; run the pipeline again")
        return cls(table, read_attribute_table(path.parent))

    @property
    def count(self) -> int:
        """The number of products that can be found."""
        return len(self._row) if self._offers.visible is None else int(self._offers.visible.sum())

    @property
    def categories(self) -> list[str]:
        """The names of all categories."""
        return self._columns[CATEGORY].values

    @property
    def ids(self) -> pa.Array:
        """The ids of all products, string [N], hidden ones included."""
        return self._table[PRODUCT_ID].combine_chunks()

    @property
    def visible_rows(self) -> Rows:
        """The rows of the products that can be found, int64."""
        return np.arange(len(self._row)) if self._offers.visible is None else self._offers.visible.nonzero()[0]

    def is_visible(self, row: int) -> bool:
        """Return whether the product in `row` can be found."""
        return self._offers.visible is None or bool(self._offers.visible[row])

    def id_at(self, row: int) -> str:
        """Return the id of the product in `row`."""
        product_id: str = self._table[PRODUCT_ID][row].as_py()
        return product_id

    def titles(self, rows: Rows) -> list[str]:
        """Return the titles of the products in `rows`."""
        titles: list[str] = self._table["title"].take(pa.array(rows)).to_pylist()
        return titles

    def popularity(self, rows: Rows) -> npt.NDArray[np.float64]:
        """Return the popularity of the products in `rows`, float64, NaN where it is unknown."""
        popularity: npt.NDArray[np.float64] = self._offers.popularity[rows]
        return popularity

    def value_totals(self, name: Facet) -> dict[str, int]:
        """Return all values of a facet that products have which can be found, each with their number."""
        return self._columns[name].totals(self.visible_rows)

    def rows(self, ids: Iterable[str]) -> Rows:
        """Return the row of each product id, -1 for unknown ids."""
        return np.fromiter((self._row.get(product_id, -1) for product_id in ids), dtype=np.int64)

    def among(self, product_ids: Iterable[str]) -> npt.NDArray[np.bool_]:
        """Return a mask, bool [N], of the products with one of the ids."""
        mask = np.zeros(len(self._row), bool)
        mask[[row for product_id in product_ids if (row := self._row.get(product_id)) is not None]] = True
        return mask

    def row(self, product_id: str) -> int | None:
        """Return the row of a product, or None for an unknown id or a hidden product."""
        row = self._row.get(product_id)
        return None if row is None or not self.is_visible(row) else row

    def at(self, rows: Sequence[int] | Rows) -> list[ProductRow]:
        """Return the products in `rows`."""
        products = self._shown.take(pa.array(rows, pa.int64()))
        # Conversion by way of NumPy takes a fifth of the time of `to_pylist`.
        columns = [column.to_numpy().tolist() for column in products.columns]
        prices = [round(price, 2) if isfinite(price) else None for price in self._offers.prices[rows].tolist()]
        stock = [int(count) if isfinite(count) else None for count in self._offers.stock[rows].tolist()]
        popularity = [value if isfinite(value) else None for value in self._offers.popularity[rows].tolist()]
        own = [self._attributes_at(row) for row in rows]
        units = [{name: unit for name in each if (unit := self.attributes[name].attribute.unit)} for each in own]
        is_predicted = self._is_predicted[rows].tolist()
        names = [*products.column_names, CATEGORY_PREDICTED, PRICE, STOCK, POPULARITY, CURRENCY, ATTRIBUTES, UNITS]
        currencies = self._currencies(rows)
        found = zip(*columns, is_predicted, prices, stock, popularity, currencies, own, units, strict=True)
        return [cast(ProductRow, dict(zip(names, values, strict=True))) for values in found]  # columns have no types

    def _attributes_at(self, row: int) -> dict[str, AttributeValue]:
        found = ((name, column.value(row)) for name, column in self.attributes.items())
        return {name: value for name, value in found if value is not None}

    def _currencies(self, rows: Sequence[int] | Rows) -> list[str | None]:
        if self._currency is None:
            return [None] * len(rows)
        codes: list[str | None] = self._currency.take(pa.array(rows, pa.int64())).to_pylist()
        return codes

    def mask(self, filters: Filters) -> npt.NDArray[np.bool_] | None:
        """Return a mask, bool [N], of the products that pass; None if every product passes."""
        masks = []
        for name in FACETS:
            if values := getattr(filters, name):
                masks.append(self._columns[name].where(values))
        if filters.price_min is not None:
            masks.append(self._offers.prices >= filters.price_min)
        if filters.price_max is not None:
            masks.append(self._offers.prices <= filters.price_max)
        if filters.in_stock:
            masks.append(self._offers.stock != 0)
        masks += [self._with_attribute(name, condition) for name, condition in filters.attributes.items()]
        if self._offers.visible is not None:
            masks.append(self._offers.visible)
        return np.logical_and.reduce(masks) if masks else None

    def _with_attribute(self, name: str, condition: AttributeFilter) -> npt.NDArray[np.bool_]:
        """Return which products pass a condition; none does if the catalogue has no such attribute."""
        column = self.attributes.get(name)
        if column is None or not column.accepts(condition):
            return np.zeros(len(self._row), bool)
        return column.where(condition)

    def sort_values(self, rows: Rows, name: str) -> Sequence[SortKey | None]:
        """Return what products in `rows` are sorted by, None where it is unknown: an attribute, price or popularity."""
        if name in (PRICE, POPULARITY):
            numbers = (self._offers.prices if name == PRICE else self._offers.popularity)[rows].tolist()
            return [number if isfinite(number) else None for number in numbers]
        column = self.attributes.get(name)
        return (column.sort_keys(rows) if column else None) or [None] * len(rows)

    @property
    def newest(self) -> str | None:
        """The name of the attribute that says when a product came into the shop, if there is one."""
        return next((name for name, column in self.attributes.items() if column.attribute.newest), None)

    @property
    def groups(self) -> VariantGroups | None:
        """The groups of variants; None if the catalogue declares none."""
        if self._groups is None:
            self._groups = VariantGroups.of(self.attributes)
        return self._groups

    def variants(self, row: int) -> Rows:
        """Return the rows of the variants of the product in `row` that can be found, itself included."""
        rows = self.groups.variants(row) if self.groups else np.array([row])
        return rows if self._offers.visible is None else rows[self._offers.visible[rows]]

    @property
    def numbers(self) -> frozenset[str]:
        """The names of what is a number, true or false, or a time."""
        own = (name for name, column in self.attributes.items() if isinstance(column, NumberColumn))
        return frozenset((PRICE, STOCK, POPULARITY, *own))

    def standing(self, name: str, rows: Rows) -> npt.NDArray[np.float64]:
        """Return how high the products in `rows` stand by a number, float64 [R].

        It is -1 for the lowest of all products that have one and 1 for the highest, by rank, equal ones having their
        mean; 0 for products without it.
        """
        if name not in self._standings:
            self._standings[name] = standings(self._number(name))
        standing: npt.NDArray[np.float64] = self._standings[name][rows]
        return standing

    def _number(self, name: str) -> npt.NDArray[np.float64]:
        known = {PRICE: self._offers.prices, STOCK: self._offers.stock, POPULARITY: self._offers.popularity}
        column = self.attributes.get(name)
        unknown = column.numbers if isinstance(column, NumberColumn) else np.full(len(self._row), np.nan)
        return known.get(name, unknown)

    def is_out_of_stock(self, rows: Rows) -> npt.NDArray[np.bool_]:
        """Return which of the products in `rows` have a stock of 0, bool [R]."""
        is_out: npt.NDArray[np.bool_] = self._offers.stock[rows] == 0
        return is_out

    def prices(self, rows: Rows) -> npt.NDArray[np.float64]:
        """Return the known prices of products in `rows`, float64."""
        prices: npt.NDArray[np.float64] = self._offers.prices[rows]
        known: npt.NDArray[np.float64] = prices[np.isfinite(prices)]
        return known

    @property
    def has_prices(self) -> bool:
        """True if at least half of the products have a price."""
        return bool(np.isfinite(self._offers.prices).mean() >= PRICED) if len(self._offers.prices) else False

    def words(self, terms: Container[str]) -> CatalogueWords:
        """Return the words of the titles, colours, brands and categories; `terms` are those of all texts."""
        values = {name: Values(self._columns[name].values, self._columns[name].codes) for name in FACETS}
        return CatalogueWords(self._table["title"], values, terms)

    @property
    def has_offers(self) -> bool:
        """True if offers replace prices, or may."""
        return bool(self._offers.prices_digest)

    def offers_digest(self, filters: Filters) -> str:
        """Return a digest of the offers that decide which products pass; "" where none does."""
        return self._offers.digest(filters)

    def facets(self, rows: Rows | None = None, by_group: bool = False) -> Facets:
        """Count the values in `rows`, by default of all products that can be found.

        With `by_group`, variants of one product count once; this is for rows that are results.
        """
        if rows is None and self._offers.visible is not None:
            rows = self._offers.visible.nonzero()[0]
        prices = self.prices(np.arange(len(self._row)) if rows is None else rows)
        products = self.groups.numbers[rows] if by_group and self.groups and rows is not None else None
        counts: Mapping[str, list[Count]] = {name: self._columns[name].counts(rows, products) for name in FACETS}
        currencies = self._distinct_currencies(rows)
        return Facets(
            **counts,
            price_min=round(float(prices.min()), 2) if len(prices) else None,
            price_max=round(float(prices.max()), 2) if len(prices) else None,
            price_histogram=histogram([Part(self.price_column, rows, products)]) if len(currencies) < 2 else [],
            currency=currencies[0] if len(currencies) == 1 else None,
            attributes=attribute_facets([Part(self.attributes, rows, products)]),
        )

    @property
    def price_column(self) -> Mapping[str, NumberColumn]:
        """The prices as a column of numbers, by its name."""
        return {PRICE: NumberColumn(Attribute(type="number"), self._offers.prices)}

    def _distinct_currencies(self, rows: Rows | None) -> list[str | None]:
        """Return the currencies of the prices in `rows`; none if the catalogue names none."""
        if self._currency is None:
            return []
        priced = np.isfinite(self._offers.prices)
        rows = priced.nonzero()[0] if rows is None else rows[priced[rows]]
        found: list[str | None] = self._currency.take(pa.array(rows)).unique().to_pylist()
        return found

    def texts(self) -> pa.ChunkedArray:
        """Return all texts that queries can match; predicted categories are none."""
        return pa.chunked_array([chunk for name in PRODUCT_TEXT for chunk in self._table[name].chunks], pa.string())


def pack_mask(mask: npt.NDArray[np.bool_] | None) -> bytes:
    """Pack a mask into the bits that the search model takes (`vitrine.search.index.filter_mask`)."""
    return b"" if mask is None else np.packbits(mask, bitorder="little").tobytes()


def _decimal(prices: npt.NDArray[np.floating]) -> npt.NDArray[np.float64]:
    """Return prices in double precision; of those in single precision, the shortest decimals that these stand for."""
    return (prices.astype(str) if prices.dtype == np.float32 else prices).astype(np.float64)
