"""What rewriting a query gives, and who does it."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

ChangeKind = Literal["spelling", "unit", "synonym", "llm"]
Source = Literal["off", "rules", "llm", "fallback"]

MAX_QUERY: Final = 1000
"""Characters. Longer queries are nobody's typing: they pass unchanged."""


@dataclass(frozen=True)
class Change:
    """One part of a query, before and after. Either is empty where words were only added or only left out."""

    kind: ChangeKind
    before: str
    after: str


@dataclass(frozen=True)
class Rewrite:
    """What to search for, and how it differs from what was asked."""

    query: str
    changes: tuple[Change, ...]
    source: Source
    note: str = ""
    """Why the language model was not used, for logs and metrics: a few fixed words, nothing of the query."""


class Rewriter(Protocol):
    """Rewrites queries, from one event loop. It never raises because of a query or of an endpoint."""

    async def rewrite(self, query: str) -> Rewrite:
        """Say what to search for instead of `query`."""
        ...

    async def close(self) -> None:
        """Let go of connections; calls under way end first."""
        ...


class Unchanged:
    """Passes every query as it is."""

    async def rewrite(self, query: str) -> Rewrite:
        """Return the query itself."""
        return Rewrite(query, (), "off")

    async def close(self) -> None:
        """Nothing is open."""
