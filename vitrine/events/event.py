"""The two types of events, searches and feedback. This module imports nothing heavy.

The events are plain frozen dataclasses without slots: orjson serialises them twice as fast as any other kind of object.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class SearchEvent:
    """A search that was answered.

    Attributes:
        time: Seconds since 1970, UTC.
        request_id: A unique id; feedback refers to it.
        user: An opaque id, or "" for an unidentified user.
        catalogue: The catalogue that was searched.
        version: The version of its model.
        kind: The kind of query.
        query: The words, as they were typed.
        rewrite: The rewritten query, if it was changed.
        route: The reason that this catalogue was searched.
        experiment: The experiment that the search was part of, if any.
        arm: The experiment's arm that the user is in.
        forced: Whether the request named the arm, as comparisons side by side do, rather than being assigned to it.
        failed_arm: The arm that could not be searched, if another one answered instead.
        teams: For interleaved results, the arm of each of `product_ids`; otherwise empty.
        latency_ms: Milliseconds from the request to its answer.
        cached: Whether a ranking or a vector of an earlier request was used; None in the events of earlier releases,
            where it is unknown.
        total: The number of results on all pages.
        junk: Whether the query appeared to contain no words, or to show no product.
        product_ids: The products that were shown, the best first.
        scores: The score of each of `product_ids`.
        offset: The number of results before the first of `product_ids`: 0 for the first page.
        filtered: Whether the request had filters, or an order other than by relevance.
        rules: The rules of merchandising that applied.
        event: The type of the event, for readers.
    """

    time: float
    request_id: str
    user: str = ""
    catalogue: str = ""
    version: int = 0
    kind: Literal["text", "image", "both", "similar"] = "text"
    query: str = ""
    rewrite: str = ""
    route: str = ""
    experiment: str = ""
    arm: str = ""
    forced: bool = False
    failed_arm: str = ""
    teams: Sequence[str] = ()
    latency_ms: float = 0.0
    cached: bool | None = None
    total: int = 0
    junk: bool = False
    product_ids: Sequence[str] = ()
    scores: Sequence[float] = ()
    offset: int = 0
    filtered: bool = False
    rules: Sequence[str] = ()
    event: Literal["search"] = "search"


@dataclass(frozen=True, kw_only=True)
class FeedbackEvent:
    """A user's click or purchase of a product that a search had shown.

    Attributes:
        time: Seconds since 1970, UTC.
        request_id: The id of the search, which gives the experiment and the arm.
        user: An opaque id, or "".
        product_id: The product.
        kind: The action of the user.
        position: The rank of the product, counted from 1, if the caller sent it.
        event: The type of the event, for readers.
    """

    time: float
    request_id: str
    user: str = ""
    product_id: str = ""
    kind: Literal["click", "purchase"] = "click"
    position: int | None = None
    event: Literal["feedback"] = "feedback"


Event = SearchEvent | FeedbackEvent
