"""Judgements of several spans merged into one set, block by block."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.judges import of_clicks
from vitrine.data.contract.query_splits import Splits
from vitrine.data.contract.spans import SpanFiles, folder_of
from vitrine.data.contract.splits import normalise

Block = TypeVar("Block", pa.Table, pa.RecordBatch)


class Turn(NamedTuple):
    """A file to be read, for the judgements that are learnt from clicks, or for all others."""

    file: str
    of_clicks: bool


def files_of(spans: SpanFiles, split: str, splits: Splits) -> list[str]:
    """Return the files with rows that count in a split, the newest span first; in each span, its own split's first."""
    numbers = sorted({span for of_split in spans.values() for span in of_split}, reverse=True)
    return [
        file
        for span in numbers
        for source in sorted(spans, key=lambda source: source != split)
        if splits.receives(split, span, source)
        for file in spans[source].get(span, ())
    ]


def turns(files: Iterable[str]) -> list[Turn]:
    """Return the order in which files are merged, the newest span first: clicks come after all other judgements."""
    files = list(files)
    return [Turn(file, clicks) for clicks in (False, True) for file in files]


@dataclass
class SpanMerge:
    """The judgements of a split, to which blocks are added in the order of `turns`.

    Of a query and a product, the first judgement counts. Queries are the same if their normalised texts are; the id and
    the text of the first one stand for all. An id that stands for another query in a newer span gets a suffix.
    """

    split: str
    splits: Splits = field(default_factory=Splits)
    pairs: set[str] = field(default_factory=set)
    queries: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Id and text, by normalised text."""
    ids: set[str] = field(default_factory=set)

    def add(self, block: Block, turn: Turn) -> tuple[Block, pa.Array]:
        """Add a block of a turn's file. Return it with the merged ids and texts, and the mask of the rows that count.

        `block` has the columns of `columns.JUDGEMENTS`, of which any may be absent, and any value may be null: rows
        without a query or a product count, and are the validator's.
        """
        clicked = of_clicks(block)
        of_turn = clicked if turn.of_clicks else pc.invert(clicked)
        of_turn = pc.and_(of_turn, self.splits.mask(block, folder_of(turn.file), self.split))
        if {QUERY_ID, QUERY, PRODUCT_ID} - set(block.schema.names):
            return block, of_turn
        queries = list(zip(block.column(QUERY_ID).to_pylist(), block.column(QUERY).to_pylist(), strict=True))
        in_turn = of_turn.to_pylist()
        distinct = dict.fromkeys(query for query, counts in zip(queries, in_turn, strict=True) if counts)
        merged = {query: self._merged(*query) for query in distinct}
        for place, name in enumerate((QUERY_ID, QUERY)):
            column = pa.array([merged.get(query, query)[place] for query in queries], pa.string())
            block = block.set_column(block.schema.get_field_index(name), name, column)
        pairs = pc.binary_join_element_wise(block.column(QUERY_ID), block.column(PRODUCT_ID), "\0")
        keys = pc.if_else(pc.is_valid(block.column(QUERY)), pairs, None).to_pylist()
        counting = [counts and (key is None or self._is_new(key)) for key, counts in zip(keys, in_turn, strict=True)]
        return block, pa.array(counting, pa.bool_())

    def _merged(self, query_id: str | None, text: str | None) -> tuple[str | None, str | None]:
        if not query_id or not text:
            return query_id, text
        normalised = normalise(text)
        if normalised not in self.queries:
            if query_id in self.ids or not self.splits.keeps_id(query_id, normalised):
                query_id = f"{query_id}-{hashlib.sha256(normalised.encode()).hexdigest()[:12]}"
            self.ids.add(query_id)
            self.queries[normalised] = query_id, text
        return self.queries[normalised]

    def _is_new(self, pair: str) -> bool:
        if pair in self.pairs:
            return False
        self.pairs.add(pair)
        return True
