"""Queries that count in another split than the files of a span say. Imports nothing heavy."""

from typing import Final, NamedTuple, TypedDict

EXAMPLES: Final = 10
"""Number of queries that a sentence names."""


class Origin(NamedTuple):
    """The judgements in a span's files of one split: those that are learnt from clicks, or all others.

    `span` is -1 for files that are in no span.
    """

    span: int
    split: str
    of_clicks: bool


class MoveJson(TypedDict):
    """A `Move` as JSON."""

    span: int
    split: str
    of_clicks: bool
    counts_in: str
    queries: list[str]


class Move(NamedTuple):
    """Queries, as sorted normalised texts, whose judgements in `origin` count in another split, `counts_in`."""

    origin: Origin
    counts_in: str
    queries: tuple[str, ...]

    def as_json(self) -> MoveJson:
        """Return the move as JSON."""
        span, split, of_clicks = self.origin
        return MoveJson(
            span=span, split=split, of_clicks=of_clicks, counts_in=self.counts_in, queries=list(self.queries)
        )


def sentence(move: MoveJson) -> str:
    """Return the number of the moved queries, their origin and their split, and the first of them."""
    queries = move["queries"]
    noun = "query" if len(queries) == 1 else "queries"
    judgements = "judgements from clicks" if move["of_clicks"] else "judgements"
    files = "the files without a span" if move["span"] < 0 else f"span {move['span']}"
    named = ", ".join(map(repr, queries[:EXAMPLES]))
    more = f" and {len(queries) - EXAMPLES:,} others" if len(queries) > EXAMPLES else ""
    splits = f"{move['split']} to {move['counts_in']}"
    return f"{len(queries):,} {noun} from {splits}, with their {judgements} in {files}: {named}{more}"
