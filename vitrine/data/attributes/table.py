"""The attributes of an index: a Parquet file with a typed column for each, and its declaration with the column.

The columns are in the order of the index's other rows; `product_id` is there for other readers. `currency`, if a
product has one, is that of the prices, and `price` has those that the index's own column, in float32, cannot stand for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa
from pyarrow import parquet

from vitrine.data.attributes.cells import read_cells
from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.packing import unpack
from vitrine.data.columns import CURRENCY, PRICE, PRODUCT_ID
from vitrine.errors import DataError

FILE: Final = "attributes.parquet"
_DECLARATION: Final = b"attribute"
"""The key of a declaration, as JSON, in a column's metadata."""


@dataclass(frozen=True)
class AttributeTable:
    """The attributes of N products.

    Attributes:
        declared: The declaration of each attribute, by name.
        columns: The values, each [N], by name, of the Arrow type of `vitrine.data.attributes.cells`.
        currency: The currency of each price, string [N], null where there is none; None without any.
        price: Prices that float32 cannot stand for, float64 [N], null for others; None without any.
    """

    declared: Mapping[str, Attribute] = field(default_factory=dict)
    columns: Mapping[str, pa.ChunkedArray] = field(default_factory=dict)
    currency: pa.ChunkedArray | None = None
    price: pa.ChunkedArray | None = None


def write_attributes(
    directory: Path, ids: pa.ChunkedArray, packed: pa.ChunkedArray | None, attributes: Mapping[str, Attribute]
) -> None:
    """Write the attributes of products into an index's directory, if there is one or a price has a currency.

    `ids` are the products' ids, string [N], and `packed` the texts of their cells as `pack` returns them, string [N].

    Raises:
        DataError: A text is not of its attribute's type; it was declared otherwise when it was read.
    """
    cells = unpack(packed) if packed is not None else [{}] * len(ids)
    currencies = pa.array([row.get(CURRENCY) for row in cells], pa.string())
    prices = pa.array([float(row[PRICE]) if PRICE in row else None for row in cells], pa.float64())
    of_prices = [(CURRENCY, currencies), (PRICE, prices)]
    of_prices = [(name, values) for name, values in of_prices if values.null_count < len(values)]
    if not attributes and not of_prices:
        return
    fields, arrays = [pa.field(PRODUCT_ID, pa.string())], [ids.cast(pa.string()).combine_chunks()]
    for name, attribute in attributes.items():
        values, is_bad = read_cells(pa.array([row.get(name) for row in cells], pa.string()), attribute)
        if (row := is_bad.index(True).as_py()) >= 0:
            raise DataError(
                f"product {ids[row]}: {name} {cells[row][name]!r} is no {attribute.type}; run from the start"
            )
        metadata = {_DECLARATION: attribute.model_dump_json().encode()}
        fields.append(pa.field(name, values.type, metadata=metadata))
        arrays.append(values)
    fields += [pa.field(name, values.type) for name, values in of_prices]
    arrays += [values for _, values in of_prices]
    parquet.write_table(pa.table(arrays, pa.schema(fields)), directory / FILE, compression="zstd")


def read_attribute_table(directory: Path) -> AttributeTable:
    """Read the attributes from an index's directory; there are none without the file.

    Raises:
        DataError: The file cannot be read.
    """
    path = directory / FILE
    if not path.exists():
        return AttributeTable()
    try:
        table = parquet.read_table(path)
        declared = {
            column.name: Attribute.model_validate_json(column.metadata[_DECLARATION])
            for column in table.schema
            if column.metadata and _DECLARATION in column.metadata
        }
    except (OSError, pa.ArrowException, ValueError) as error:
        raise DataError(f"{path}: {error}; run the pipeline again") from None
    currency, price = (table[name] if name in table.column_names else None for name in (CURRENCY, PRICE))
    return AttributeTable(declared, {name: table[name] for name in declared}, currency, price)
