"""Sets of hashes in a fixed memory."""

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

Hashes = npt.NDArray[np.uint64]

BITS: Final = 28
"""The logarithm of the number of bits: 32 MiB."""
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
"""The multiplier of Fibonacci hashing (Knuth, The Art of Computer Programming 3, section 6.4)."""


class HashFilter:
    """A set of hashes as a table of bits, one for each hash (Bloom 1970, with one hash function).

    A hash may be taken for another one, with a probability of the share of bits that are set: 0.4% after a million
    hashes, 4% after ten million. Nothing that was added is ever missing.
    """

    def __init__(self, bits: int = BITS) -> None:
        """Create an empty set of `2 ** bits` bits."""
        self._shift = np.uint64(64 - bits)
        self._bits = np.zeros(2 ** (bits - 3), np.uint8)

    def contains(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Return which hashes are in the set, bool [N]."""
        byte, mask = self._places(hashes)
        known: npt.NDArray[np.bool_] = (self._bits[byte] & mask) != 0
        return known

    def add(self, hashes: Hashes) -> npt.NDArray[np.bool_]:
        """Add hashes, and return which of them were new, bool [N]; of equal ones, the first."""
        byte, mask = self._places(hashes)
        place = byte.astype(np.uint64) * np.uint64(256) + mask
        first = np.zeros(len(hashes), bool)
        first[np.unique(place, return_index=True)[1]] = True
        new: npt.NDArray[np.bool_] = first & ((self._bits[byte] & mask) == 0)
        np.bitwise_or.at(self._bits, byte[new], mask[new])
        return new

    def _places(self, hashes: Hashes) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint8]]:
        bit = (hashes * _ODD) >> self._shift
        mask = np.left_shift(np.uint8(1), (bit & np.uint64(7)).astype(np.uint8))
        return (bit >> np.uint64(3)).astype(np.int64), mask.astype(np.uint8)


def hashed(values: "pd.Series[str]", salt: int = 0) -> Hashes:
    """Return a hash of each string, uint64 [N], the same on every machine."""
    salted = pd.util.hash_array(values.to_numpy(object), hash_key=f"{salt:016d}", categorize=True)
    return np.asarray(salted, np.uint64)


def combined(first: Hashes, second: Hashes) -> Hashes:
    """Return a hash of each pair of hashes, uint64 [N]."""
    with np.errstate(over="ignore"):
        mixed: Hashes = (first * _ODD) ^ (second + (first >> np.uint64(29)))
    return mixed
