"""One split and one id for each query of several spans, so that no run trains on a query that it is evaluated on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType

import pyarrow as pa

from vitrine.data.columns import QUERY, QUERY_ID, SPLITS
from vitrine.data.contract.judges import of_clicks
from vitrine.data.contract.moved_queries import Move, Origin
from vitrine.data.contract.spans import SpanFiles
from vitrine.data.contract.splits import normalise


@dataclass
class QuerySplits:
    """The splits into which spans put each query, by normalised text.

    Judgements from clicks follow all others. Where those differ from each other, eval counts: a query that was held out
    in one span is trained on in none. A query that is in two splits of one span is the validator's, and stays in both.
    """

    origins: dict[Origin, int] = field(default_factory=dict)
    """The bit of each origin, in `found`."""
    found: dict[str, int] = field(default_factory=dict)
    """The origins of each query, as a set of bits."""
    ids: dict[str, str] = field(default_factory=dict)
    """The query of each id: the first one that has it."""
    contested: set[str] = field(default_factory=set)
    """The ids that stand for other queries, too."""

    def add(self, block: pa.Table | pa.RecordBatch, span: int, split: str) -> None:
        """Add the queries of a block of a span's file; it may lack any column."""
        if {QUERY_ID, QUERY} - set(block.schema.names):
            return
        ids, queries = block.column(QUERY_ID).to_pylist(), block.column(QUERY).to_pylist()
        for query_id, query, clicked in dict.fromkeys(zip(ids, queries, of_clicks(block).to_pylist(), strict=True)):
            if not query:
                continue
            origin = Origin(span, split, clicked)
            bit = self.origins.setdefault(origin, 1 << len(self.origins))
            normalised = normalise(query)
            self.found[normalised] = self.found.get(normalised, 0) | bit
            if query_id and self.ids.setdefault(query_id, normalised) != normalised:
                self.contested.add(query_id)

    def moves(self) -> list[Move]:
        """Return the moves that leave each query in one split, the newest span first."""
        moved: dict[tuple[Origin, str], list[str]] = {}
        targets: dict[int, dict[Origin, str]] = {}
        for query, bits in self.found.items():
            if bits not in targets:
                targets[bits] = _moved(origin for origin, bit in self.origins.items() if bits & bit)
            for origin, target in targets[bits].items():
                moved.setdefault((origin, target), []).append(query)
        order = sorted(moved, key=lambda key: (-key[0].span, key))
        return [Move(*key, tuple(sorted(moved[key]))) for key in order]


def _moved(origins: Iterable[Origin]) -> dict[Origin, str]:
    """Return the split in which the judgements of a query's origins count, for those where it is another one."""
    origins = list(origins)
    splits: dict[int, set[str]] = {}
    for origin in origins:
        splits.setdefault(origin.span, set()).add(origin.split)
    if any(len(of_span) > 1 for of_span in splits.values()):
        return {}
    deciding = [origin for origin in origins if not origin.of_clicks] or origins
    target = max((origin.split for origin in deciding), key=SPLITS.index)
    return {origin: target for origin in origins if origin.split != target}


class Splits:
    """The split in which each row of the files counts, after `moves`, and the query that keeps each contested id.

    `owners` are normalised texts by id.
    """

    def __init__(self, moves: Sequence[Move] = (), owners: Mapping[str, str] = MappingProxyType({})) -> None:
        self.moves = moves
        self._owners = dict(owners)
        self._targets = {query: move.counts_in for move in moves for query in move.queries}
        self._sources = {(move.origin.span, move.origin.split, move.counts_in) for move in moves}

    def keeps_id(self, query_id: str, normalised: str) -> bool:
        """Return whether a query, as normalised text, keeps an id that it has in a file."""
        return self._owners.get(query_id, normalised) == normalised

    def receives(self, split: str, span: int, source: str) -> bool:
        """Return whether rows of a span's files of the split `source` count in `split`."""
        return split == source or (span, source, split) in self._sources

    def change(self, split: str) -> bool:
        """Return whether rows are moved into the split, or out of it."""
        return any(split in (source, target) for _, source, target in self._sources)

    def mask(self, block: pa.Table | pa.RecordBatch, source: str, split: str) -> pa.Array:
        """Return the mask of the rows of a file of the split `source` that count in `split`."""
        if not self._targets or QUERY not in block.schema.names:
            return pa.array([source == split] * block.num_rows, pa.bool_())
        queries = block.column(QUERY).to_pylist()
        splits = {query: self._targets.get(normalise(query or ""), source) for query in dict.fromkeys(queries)}
        return pa.array([splits[query] == split for query in queries], pa.bool_())


def find_splits(spans: SpanFiles, read: Callable[[str], Iterable[pa.Table | pa.RecordBatch]]) -> Splits:
    """Return the splits and the ids of the queries of several spans.

    `read` yields the blocks of a file, with `query_id`, `query` and, if it has one, `source`.
    """
    if len({span for of_split in spans.values() for span in of_split}) < 2 or len(spans) < 2:
        return Splits()  # what one span has twice is the validator's
    queries = QuerySplits()
    for split, of_split in spans.items():
        for span, files in of_split.items():
            for file in files:
                for block in read(file):
                    queries.add(block, span, split)
    return Splits(queries.moves(), {query_id: queries.ids[query_id] for query_id in queries.contested})
