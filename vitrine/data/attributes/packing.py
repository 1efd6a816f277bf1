"""Attributes on their way through the pipeline: the texts of a row's cells, checked, as one JSON object.

Nothing that learns or encodes reads them. They get their types where the index is written.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.attributes.cells import expected, read_cells
from vitrine.data.attributes.declaration import MAX_CURRENCY, Attribute
from vitrine.data.columns import CURRENCY, PRICE
from vitrine.data.formats.records import Fault

LONG: Final = 2.0**17
"""Price from which float32, of 24 bits, tells no cents apart."""


def faults(batch: pa.RecordBatch, attributes: Mapping[str, Attribute], path: Path, first_row: int) -> list[Fault]:
    """Return the cells of a block of a file that are not of their attribute's type, in the order of the rows.

    `first_row` is the row of the block's first record in the file.
    """
    found = []
    for name, attribute in attributes.items():
        texts = batch.column(name)
        bad = np.flatnonzero(np.asarray(read_cells(texts, attribute)[1]))
        found += [Fault(path, first_row + row, name, texts[row].as_py(), expected(attribute)) for row in bad.tolist()]
    if CURRENCY in batch.schema.names:
        texts = pc.fill_null(batch.column(CURRENCY), "")
        long = np.flatnonzero(np.asarray(pc.greater(pc.utf8_length(texts), MAX_CURRENCY)))
        reason = f"is no code or sign of a currency, which has up to {MAX_CURRENCY} characters"
        found += [Fault(path, first_row + row, CURRENCY, texts[row].as_py(), reason) for row in long.tolist()]
    return sorted(found, key=lambda fault: fault.row)


def pack(batch: pa.RecordBatch, attributes: Mapping[str, Attribute], currency: str = "") -> pa.Array:
    """Return the cells of each row as JSON, string [N], null where a row has none.

    They are those of the attributes, the currency, and the price where single precision cannot stand for it.

    Args:
        batch: A block with a column of strings for each attribute, and perhaps `currency`, and `price` in float64.
        attributes: The declared attributes.
        currency: The currency of products without one.
    """
    names = [name for name in (*attributes, CURRENCY) if name in batch.schema.names]
    columns = {name: pc.fill_null(pc.utf8_trim_whitespace(batch.column(name)), "").to_pylist() for name in names}
    if currency:
        columns[CURRENCY] = [code or currency for code in columns.get(CURRENCY, [""] * batch.num_rows)]
    if PRICE in batch.schema.names:
        columns[PRICE] = _long_prices(batch.column(PRICE))
    rows = zip(*columns.values(), strict=True) if columns else iter([()] * batch.num_rows)
    cells = ({name: text for name, text in zip(columns, row, strict=True) if text} for row in rows)
    return pa.array([json.dumps(row, ensure_ascii=False) if row else None for row in cells], pa.string())


def _long_prices(prices: pa.Array) -> list[str]:
    """Return the prices, float64 [N], that are not the shortest decimals of their float32, as texts; "" for others."""
    exact = pc.fill_null(prices, 0.0).to_numpy(zero_copy_only=False)
    texts = [""] * len(exact)
    for row in np.flatnonzero(exact >= LONG).tolist():
        price = float(exact[row])
        if float(str(np.float32(price))) != price:
            texts[row] = repr(price)
    return texts


def unpack(packed: pa.ChunkedArray | pa.Array) -> list[dict[str, str]]:
    """Return the texts of each row's cells by name, [N]; a row without any is empty."""
    distinct = packed.dictionary_encode()
    if isinstance(distinct, pa.ChunkedArray):
        distinct = distinct.combine_chunks()
    parsed = [json.loads(text) if text else {} for text in distinct.dictionary.to_pylist()]
    codes = pc.fill_null(distinct.indices, -1).to_pylist()
    return [parsed[code] if code >= 0 else {} for code in codes]
