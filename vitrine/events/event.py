"""The two events. Imports nothing heavy.

They are plain frozen dataclasses without slots: orjson writes those twice as fast as any other kind of object.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class SearchEvent:
    """A search that was answered.

    Attributes:
        time: Seconds since 1970, UTC.
        request_id: Unique; feedback names it.
        user: An opaque id, or nothing for a user who could not be told from others.
        catalogue: The catalogue that was searched.
        version: The version of its model.
        kind: What was asked with.
        query: The words, as they were typed.
        rewrite: The words that were searched for instead, if any.
        route: Why this catalogue.
        experiment: The experiment that the search was part of, if any.
        arm: The experiment's arm that the user is in.
        teams: For interleaved results, the arm that each of `product_ids` came from; otherwise empty.
        latency_ms: Milliseconds from the request to its answer.
        total: How many products were found.
        junk: Whether the query was judged to be none.
        product_ids: What was shown, the best first.
        scores: One for each of `product_ids`.
        event: Says which event it is, where it is read.
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
    teams: Sequence[str] = ()
    latency_ms: float = 0.0
    total: int = 0
    junk: bool = False
    product_ids: Sequence[str] = ()
    scores: Sequence[float] = ()
    event: Literal["search"] = "search"


@dataclass(frozen=True, kw_only=True)
class FeedbackEvent:
    """What a user did with a product that a search had shown.

    Attributes:
        time: Seconds since 1970, UTC.
        request_id: Of the search. Its experiment and arm are looked up through it.
        user: An opaque id, or nothing.
        product_id: The product.
        kind: What was done.
        position: Where the product stood, counted from 1, if the caller said so.
        event: Says which event it is, where it is read.
    """

    time: float
    request_id: str
    user: str = ""
    product_id: str = ""
    kind: Literal["click", "purchase"] = "click"
    position: int | None = None
    event: Literal["feedback"] = "feedback"


Event = SearchEvent | FeedbackEvent
