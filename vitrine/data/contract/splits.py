"""Splits by query: a stable hash of the query's text decides, so that no query is ever on both sides."""

import hashlib
import unicodedata


def normalise(query: str) -> str:
    """The text that decides a query's split: canonically composed, case-folded, white space collapsed.

    Idempotent, so that "Red  MUG" and "red mug" are one query everywhere.
    """
    # Case folding can undo composition, so it runs on the decomposed text (Unicode 15, section 3.13, D145).
    folded = unicodedata.normalize("NFD", query).casefold()
    return " ".join(unicodedata.normalize("NFC", folded).split())


def position(query: str, salt: str) -> float:
    """A stable position in [0, 1) for the query: the first 53 bits of SHA-256 over the salt and normalised text."""
    digest = hashlib.sha256(f"{salt}\0{normalise(query)}".encode("utf-8", "surrogatepass")).digest()
    return (int.from_bytes(digest[:8], "big") >> 11) / 2**53


def fold(query: str, buckets: int, salt: str = "fold") -> int:
    """The query's bucket in [0, buckets); different salts give independent assignments."""
    return int(position(query, salt) * buckets)


def is_eval(query: str, share: float = 0.2) -> bool:
    """Whether the query belongs to the eval split, which holds about `share` of all queries."""
    return position(query, "eval") < share


def is_validation(query: str, share: float = 0.15) -> bool:
    """Whether a query of the train split is held out inside training; independent of `is_eval`."""
    return position(query, "validation") < share
