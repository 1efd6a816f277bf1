"""The rules of the contract, in one place for everything that reads or writes it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import CATALOGUE, ESCI_LABEL, JUDGEMENTS, PRICE, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.records import Fault, Records
from vitrine.labels import LABELS

CONTROLS = r"[\x00-\x1f\x7f\x{0085}\x{2028}\x{2029}]+"
"""RE2: characters that some reader of CSV lines takes for the end of one, and the other ASCII controls."""

DECIMAL = r"^([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,2})?$"


@dataclass
class ProductRules:
    """Rules of the catalogue. Holds the product ids seen so far: they are unique over all files."""

    seen: set[str] = field(default_factory=set)

    def faults(self, records: Records) -> list[Fault]:
        """Broken rules of a batch with all columns of the catalogue, in order of rows."""
        table = records.table
        price = table[PRICE]
        bad_price = pc.and_(pc.not_equal(price, ""), pc.invert(pc.match_substring_regex(price, DECIMAL)))
        found = [
            *_bad_ids(records, PRODUCT_ID),
            *_bad_characters(records, CATALOGUE),
            *records.where(bad_price, PRICE, "is not a decimal number of 0 or more"),
            *records.where(_repeated(table[PRODUCT_ID], self.seen), PRODUCT_ID, "is already in the catalogue"),
        ]
        return sorted(found, key=lambda fault: fault.row)


@dataclass
class JudgementRules:
    """Rules of the judgements. Holds the products that exist, the pairs judged so far and each query id's text."""

    products: set[str]
    pairs: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)

    def faults(self, records: Records) -> list[Fault]:
        """Broken rules of a batch with all columns of the judgements, in order of rows."""
        table = records.table
        labels = ", ".join(reversed(LABELS))
        pair = pc.binary_join_element_wise(table[QUERY_ID], table[PRODUCT_ID], "\0")
        found = [
            *_bad_ids(records, QUERY_ID),
            *_bad_ids(records, PRODUCT_ID),
            *_bad_characters(records, JUDGEMENTS),
            *records.where(pc.equal(pc.utf8_trim_whitespace(table[QUERY]), ""), QUERY, "is empty"),
            *records.where(
                pc.invert(pc.is_in(table[ESCI_LABEL], value_set=pa.array(LABELS))),
                ESCI_LABEL,
                f"is not one of {labels}",
            ),
            *records.where(self._unknown(table[PRODUCT_ID]), PRODUCT_ID, "is not in the catalogue"),
            *records.where(_repeated(pair, self.pairs), PRODUCT_ID, "is already judged for this query"),
            *records.where(self._reworded(table), QUERY, "is not the text this query_id had before"),
        ]
        return sorted(found, key=lambda fault: fault.row)

    def _unknown(self, ids: pa.ChunkedArray) -> pa.Array:
        known = ids.to_pylist()
        if self.products.issuperset(known):
            return pa.nulls(len(known), pa.bool_()).fill_null(False)
        return pa.array([product not in self.products for product in known])

    def _reworded(self, table: pa.Table) -> pa.Array:
        remember = self.texts.setdefault
        pairs = zip(table[QUERY_ID].to_pylist(), table[QUERY].to_pylist(), strict=True)
        return pa.array([remember(query_id, query) != query for query_id, query in pairs], pa.bool_())


def _bad_ids(records: Records, column: str) -> Iterator[Fault]:
    ids = records.table[column]
    yield from records.where(pc.equal(ids, ""), column, "is empty")
    yield from records.where(pc.not_equal(ids, pc.utf8_trim_whitespace(ids)), column, "has white space around it")


def _bad_characters(records: Records, columns: Iterable[str]) -> Iterator[Fault]:
    for column in columns:
        mask = pc.match_substring_regex(records.table[column], CONTROLS)
        yield from records.where(mask, column, "contains a line break or control character")


def _repeated(values: pa.ChunkedArray, seen: set[str]) -> pa.Array:
    """Mask of values that came before, in this batch or an earlier one; `seen` grows by this batch."""
    items = values.to_pylist()
    if len(set(items)) == len(items) and seen.isdisjoint(items):
        seen.update(items)
        return pa.nulls(len(items), pa.bool_()).fill_null(False)
    mask = []
    for item in items:
        mask.append(item in seen)
        seen.add(item)
    return pa.array(mask, pa.bool_())
