"""Numbers for strings that recur, so that a log is kept as numbers."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

Ints = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]


class Codes:
    """Numbers from 0 for distinct strings, in the order of their first occurrence."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def names(self) -> list[str]:
        """The strings, by number."""
        return list(self._numbers)

    def number(self, column: pa.ChunkedArray) -> Ints:
        """Return the number of each string, int64 [N]; null counts as the empty string."""
        encoded = pa.array(column.fill_null("").to_pandas(), pa.string()).dictionary_encode()
        indices: Ints = encoded.indices.to_numpy()
        return self.number_all(encoded.dictionary.to_pylist())[indices]

    def number_all(self, names: list[str]) -> Ints:
        """Return the numbers of strings, int64 [N]."""
        known = self._numbers
        return np.fromiter((known.setdefault(name, len(known)) for name in names), np.int64, len(names))


def hashes(column: pa.ChunkedArray) -> Hashes:
    """Return a hash of each string, uint64 [N]: 8 bytes for each of many ids that are distinct.

    Among ten million ids, two are confused with a probability of 3 in a million.
    """
    return np.asarray(
        pd.util.hash_array(column.fill_null("").to_pandas().to_numpy(object), categorize=False), np.uint64
    )
