"""The rules of the contract, for everything that reads or writes it."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import (
    CATALOGUE,
    ESCI_LABEL,
    IMAGE,
    JUDGEMENTS,
    PRICE,
    PRODUCT_ID,
    QUERY,
    QUERY_ID,
    SPLITS,
    VIEWS,
    WEIGHT,
)
from vitrine.data.contract.splits import normalise
from vitrine.data.formats.records import Fault, Records
from vitrine.data.images.additional_images import parse_views
from vitrine.labels import LABELS
from vitrine.text.characters import has_controls
from vitrine.text.windows_1252 import C1

SPLIT = "split"
"""Column of judgements before they are written; the contract's files have the split in the folder's name."""

DECIMAL = r"^([0-9]{1,40}(\.[0-9]*)?|\.[0-9]+)([eE](\+?[0-9]{1,2}|-[0-9]{1,3}))?$"
"""RE2 of a finite number that is not negative."""
DOT_SEGMENTS = pa.array([".", ".."])
"""Path segments that clients remove from an address, even as `%2E`."""
PARENT = r"(^|/)\.\.(/|$)"
MAX_RECORD_BYTES = 3 << 20
"""Maximal bytes of a row's texts. With every quote doubled, it fits into a block of the readers of CSV."""
BREAKS = r"[\x00-\x1f\x7f\x{2028}\x{2029}]"
TAKEN = "is already taken"
JUDGED = "is already judged for this query"
LEADS_OUT = "leads out of the image root"
WRONG_ENCODING = "contains a C1 control character, as text in Windows-1252 (cp1252) that was read as Latin-1"


@dataclass
class ProductRules:
    """Rules of the catalogue. Keeps the ids of admitted products, which are unique over all files."""

    admitted: set[str] = field(default_factory=set)

    def admit(self, records: Records) -> tuple[Records, list[Fault]]:
        """Return the valid records, with all columns of the catalogue, and the faults of the others."""
        price, image = records.table[PRICE], records.table[IMAGE]
        bad_price = pc.and_not(pc.not_equal(price, ""), pc.match_substring_regex(price, DECIMAL))
        dots = pc.is_in(records.table[PRODUCT_ID], value_set=DOT_SEGMENTS)
        faults = [
            *_bad_ids(records, PRODUCT_ID),
            *records.where(dots, PRODUCT_ID, "cannot stand in an address; give the product another id"),
            *_bad_characters(records, CATALOGUE),
            *records.where(bad_price, PRICE, "is not a decimal number of 0 or more"),
            *records.where(pc.match_substring_regex(image, PARENT), IMAGE, LEADS_OUT),
            *_bad_views(records),
        ]
        faults += _too_long(records, CATALOGUE)
        good = records.without(faults)
        again = list(good.where(_repeated(good.table[PRODUCT_ID], self.admitted), PRODUCT_ID, TAKEN))
        return good.without(again), _in_order([*faults, *again])


@dataclass
class JudgementRules:
    """Rules of the judgements. Keeps the existing products, the admitted pairs and the text of each query id."""

    products: set[str]
    pairs: set[str] = field(default_factory=set)
    texts: dict[str, str] = field(default_factory=dict)

    def admit(self, records: Records) -> tuple[Records, list[Fault]]:
        """Return the valid records, with all columns of the judgements, and the faults of the others."""
        table = records.table
        unknown_label = pc.invert(pc.is_in(table[ESCI_LABEL], value_set=pa.array(LABELS)))
        faults = [
            *_bad_ids(records, QUERY_ID),
            *_bad_ids(records, PRODUCT_ID),
            *_bad_characters(records, JUDGEMENTS),
            *records.where(pc.equal(pc.utf8_trim_whitespace(table[QUERY]), ""), QUERY, "is empty"),
            *records.where(unknown_label, ESCI_LABEL, f"is not one of {', '.join(reversed(LABELS))}"),
            *records.where(self._unknown(table[PRODUCT_ID]), PRODUCT_ID, "is not in the catalogue"),
        ]
        faults += _bad_weights(records)
        faults += _too_long(records, JUDGEMENTS)
        good = records.without(faults)
        reworded = list(good.where(self._reworded(good.table), QUERY, "is not the text that its query_id had before"))
        good = good.without(reworded)
        pairs = pc.binary_join_element_wise(good.table[QUERY_ID], good.table[PRODUCT_ID], "\0")
        again = list(good.where(_repeated(pairs, self.pairs), PRODUCT_ID, JUDGED))
        return good.without(again), _in_order([*faults, *reworded, *again])

    def _unknown(self, ids: pa.ChunkedArray) -> pa.Array:
        wanted = ids.to_pylist()
        if self.products.issuperset(wanted):
            return _none(len(wanted))
        return pa.array([product not in self.products for product in wanted], pa.bool_())

    def _reworded(self, table: pa.Table) -> pa.Array:
        remember = self.texts.setdefault
        pairs = zip(table[QUERY_ID].to_pylist(), table[QUERY].to_pylist(), strict=True)
        return pa.array([remember(query_id, query) != query for query_id, query in pairs], pa.bool_())


@dataclass
class SplitRules:
    """The rule that no query is in both splits. Keeps the split of each query's normalised text."""

    splits: dict[str, str] = field(default_factory=dict)

    def admit(self, records: Records) -> tuple[Records, list[Fault]]:
        """Return the valid records, with the columns `query` and `split`, and the faults of the others."""
        unknown = pc.invert(pc.is_in(records.table[SPLIT], value_set=pa.array(SPLITS)))
        faults = list(records.where(unknown, SPLIT, f"is not one of {', '.join(SPLITS)}"))
        good = records.without(faults)
        queries = good.table[QUERY].combine_chunks().dictionary_encode()
        texts = [normalise(query) for query in queries.dictionary.to_pylist()]
        pairs = zip(queries.indices.to_pylist(), good.table[SPLIT].to_pylist(), strict=True)
        moved = pa.array([self.splits.setdefault(texts[query], split) != split for query, split in pairs], pa.bool_())
        both = list(good.where(moved, QUERY, "is in the other split too; split by query, never by row"))
        return good.without(both), _in_order([*faults, *both])


def _bad_ids(records: Records, column: str) -> Iterator[Fault]:
    ids = records.table[column]
    yield from records.where(pc.equal(ids, ""), column, "is empty")
    yield from records.where(pc.not_equal(ids, pc.utf8_trim_whitespace(ids)), column, "has white space around it")


def _bad_characters(records: Records, columns: Iterable[str]) -> Iterator[Fault]:
    for column in columns:
        if not has_controls(records.table[column]):
            continue
        mask = pc.match_substring_regex(records.table[column], BREAKS)
        yield from records.where(mask, column, "contains a line break or control character")
        yield from records.where(pc.match_substring_regex(records.table[column], C1), column, WRONG_ENCODING)


def _too_long(records: Records, columns: Sequence[str]) -> Iterator[Fault]:
    lengths = pc.binary_length(records.table[columns[0]])
    for column in columns[1:]:
        lengths = pc.add(lengths, pc.binary_length(records.table[column]))
    long = pc.greater(lengths, MAX_RECORD_BYTES)
    yield from records.where(long, columns[0], f"has a row of more than {MAX_RECORD_BYTES >> 20} MB")


def _bad_weights(records: Records) -> Iterator[Fault]:
    if WEIGHT not in records.table.column_names:
        return
    weight = records.table[WEIGHT]
    is_number = pc.match_substring_regex(weight, DECIMAL)
    number = pc.if_else(is_number, weight, "1").cast(pa.float64())
    outside = pc.or_(pc.less_equal(number, 0.0), pc.greater(number, 1.0))
    bad = pc.and_(pc.not_equal(weight, ""), pc.or_(pc.invert(is_number), outside))
    yield from records.where(bad, WEIGHT, "is not a decimal number above 0 and up to 1")


def _bad_views(records: Records) -> Iterator[Fault]:
    for row, views in zip(records.rows.to_pylist(), records.table[VIEWS].to_pylist(), strict=True):
        if not views:
            continue
        try:
            outside = any(re.search(PARENT, view) for view in parse_views(views))
            reason = LEADS_OUT if outside else ""
        except ValueError as error:
            reason = str(error)
        if reason:
            yield Fault(records.path, row, VIEWS, views, reason)


def _repeated(values: pa.ChunkedArray, seen: set[str]) -> pa.Array:
    """Return the mask of values seen before, in this batch or an earlier one; adds the batch to `seen`."""
    items = values.to_pylist()
    if len(set(items)) == len(items) and seen.isdisjoint(items):
        seen.update(items)
        return _none(len(items))
    mask = []
    for item in items:
        mask.append(item in seen)
        seen.add(item)
    return pa.array(mask, pa.bool_())


def _none(count: int) -> pa.Array:
    return pa.nulls(count, pa.bool_()).fill_null(False)


def _in_order(faults: list[Fault]) -> list[Fault]:
    return sorted(faults, key=lambda fault: fault.row)
