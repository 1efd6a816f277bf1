"""The engine that is audited: batches of queries or images in, answers out. Imports nothing heavy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

TOP: Final = 10
"""Results that are asked for, and that figures such as nDCG@10 read."""


@dataclass(frozen=True)
class Hit:
    """One result. `esci` has the probability of each label; `score` is in (0, 1)."""

    product_id: str
    title: str
    score: float
    esci: dict[str, float]
    brand: str = ""
    color: str = ""
    category: str = ""
    price: float | None = None
    has_image: bool = False


@dataclass(frozen=True)
class Answer:
    """The answer to one query or image.

    Attributes:
        hits: The results, best first.
        refused: True if the engine says that nothing fits, or rejects the request as invalid; `hits` is then empty.
        query: The query that was searched for, after rewriting; "" for an image.
        message: The message for the shopper, or the reason for the rejection.
    """

    hits: tuple[Hit, ...]
    refused: bool = False
    query: str = ""
    message: str = ""

    @property
    def product_ids(self) -> list[str]:
        """The ids of the results, best first."""
        return [hit.product_id for hit in self.hits]


class Target(Protocol):
    """An engine. Calls raise NetworkError where it cannot be reached, and DataError where its model fails."""

    @property
    def name(self) -> str:
        """The name in reports: the serving directory or the address."""
        ...

    @property
    def searches_images(self) -> bool:
        """True if the engine can be searched by image."""
        ...

    def search(self, queries: Sequence[str], k: int = TOP) -> list[Answer]:
        """Return the answer to each query, with at most `k` results."""
        ...

    def search_images(self, images: Sequence[bytes], k: int = TOP) -> list[Answer]:
        """Return the answer to each image, given as the bytes of a JPEG, PNG, GIF, WEBP or BMP file."""
        ...
