"""Splits by query, decided by a stable hash of the query's text, so that no query is in both splits."""

import hashlib
import heapq
import unicodedata
from collections.abc import Iterable
from typing import Final, Literal

VALIDATION: Final = "validation"
"""The salt of the queries that are held out inside training; all trainings hold out the same ones."""


def normalise(query: str) -> str:
    """Normalise a query for its split: canonical composition, case folding, single spaces.

    Idempotent, so that "Red  MUG" and "red mug" are one query everywhere.
    """
    # Case folding can undo composition, so it runs on the decomposed text (Unicode 15, section 3.13, D145).
    folded = unicodedata.normalize("NFD", query).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def position(query: str, salt: str) -> float:
    """Return a stable position in [0, 1): the first 53 bits of the SHA-256 of salt and normalised text."""
    digest = hashlib.sha256(f"{salt}\0{normalise(query)}".encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def fold(query: str, folds: int, salt: str = "fold") -> int:
    """Return the query's fold in [0, folds); different salts give independent assignments."""
    return int(position(query, salt) * folds)


def sample(queries: Iterable[str], count: int, salt: str) -> list[str]:
    """Return the `count` queries with the lowest positions, or all if there are fewer, by position."""
    return heapq.nsmallest(count, queries, key=lambda query: (position(query, salt), query))


def is_eval(query: str, share: float = 0.2) -> bool:
    """Return whether the query belongs to the eval split, which holds about `share` of all queries."""
    return position(query, "eval") < share


def split_of(query: str) -> Literal["train", "eval"]:
    """Return the split that a query belongs to where nothing else decides it."""
    return "eval" if is_eval(query) else "train"


def is_validation(query: str, share: float = 0.15) -> bool:
    """Return whether a query of the train split is held out inside training; independent of `is_eval`."""
    return position(query, VALIDATION) < share
