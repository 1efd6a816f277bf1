"""The interface of query rewriters, and the result of a rewrite."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

ChangeKind = Literal["spelling", "form", "unit", "synonym", "llm"]
Source = Literal["off", "rules", "llm", "fallback"]

MAX_QUERY: Final = 1000
"""Characters of the longest query that is rewritten: nobody types a longer one, so those pass unchanged."""


@dataclass(frozen=True)
class Change:
    """A part of a query before and after a change. One of them is empty if words were only added or only removed."""

    kind: ChangeKind
    before: str
    after: str


@dataclass(frozen=True)
class Rewrite:
    """The query to search for, with its changes from the original query."""

    query: str
    changes: tuple[Change, ...]
    source: Source
    note: str = ""
    """The reason that the language model was not used, for logs and metrics: a few fixed words, without the query."""


class Rewriter(Protocol):
    """A rewriter of queries, used from one event loop. It never raises because of a query or of an endpoint."""

    async def rewrite(self, query: str) -> Rewrite:
        """Return the query to search for instead of `query`."""
        ...

    async def close(self) -> None:
        """Wait for the calls in progress, and close connections."""
        ...


class Unchanged:
    """A rewriter that leaves every query unchanged."""

    async def rewrite(self, query: str) -> Rewrite:
        """Return the query itself."""
        return Rewrite(query, (), "off")

    async def close(self) -> None:
        """Do nothing: no connection is open."""
