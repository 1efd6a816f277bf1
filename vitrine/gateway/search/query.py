"""A search without HTTP and without a catalogue: its query, the page of results, and the caller."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from vitrine.gateway.cache import Lookups
from vitrine.gateway.merchandising.rule_book import RuleBook
from vitrine.gateway.modifiers import OutOfStock
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.schemas.searches import PageRequest
from vitrine.gateway.schemas.values import Kind
from vitrine.interpretation.constraint import Exclusion


@dataclass(frozen=True)
class RankingQuery:
    """The query that one catalogue ranks its products for.

    Attributes:
        kind: The kind of query.
        text: The words, after interpretation and rewriting.
        image: An encoded image that the model can decode, for the kinds `image` and `both`.
        image_share: The weight of the image beside the words, for the kind `both`.
        product_id: The product to compare with, for the kind `similar`.
        filters: The filters that products must pass.
        diversity: The diversity of the results, in [0, 1]; None for the catalogue's own.
        excluded: The exclusions that products must pass.
        only: The products to rank; by default all.
    """

    kind: Kind
    text: str = ""
    image: bytes = b""
    image_share: float = 0.5
    product_id: str = ""
    filters: Filters = field(default_factory=Filters)
    diversity: float | None = None
    excluded: tuple[Exclusion, ...] = ()
    only: tuple[str, ...] = ()

    @property
    def image_weight(self) -> float:
        """The weight of the image: 0 for words or a product, 1 for an image alone."""
        return {"image": 1.0, "both": self.image_share}.get(self.kind, 0.0)


@dataclass(frozen=True)
class Caller:
    """The caller of a search.

    Attributes:
        request_id: The search's id.
        user: The user's id, or "".
        started: `time.perf_counter` at the request's start.
        lookups: The request's look-ups in the cache.
    """

    request_id: str
    user: str
    started: float
    lookups: Lookups = field(default_factory=Lookups)


@dataclass(frozen=True)
class Search:
    """A query, and the part of its results to return.

    Attributes:
        query: The query.
        page: The page of results.
        rewriting: Whether the query may be rewritten.
        interpreting: Whether words of the query may become constraints.
        anyway: Whether to return results for a query that appears to contain no words or to show no product.
        rules: The rules of merchandising; by default those of the gateway.
        rules_at: The time at which they are looked at; by default now.
        explain: Whether to return the shares of the words in the scores of results.
        modifiers: The weights of attributes in the order; by default those of the gateway.
        out_of_stock: What happens to products whose stock is 0.
    """

    query: RankingQuery
    page: PageRequest
    rewriting: bool = True
    interpreting: bool = True
    anyway: bool = False
    rules: RuleBook | None = None
    rules_at: datetime | None = None
    explain: bool = False
    modifiers: Mapping[str, float] | None = None
    out_of_stock: OutOfStock = "show"

    @property
    def kind(self) -> Kind:
        """The kind of query."""
        return self.query.kind
