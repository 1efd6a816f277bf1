import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from vitrine.monitoring.hash_filter import HashFilter, combined, hashed

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=50).map(lambda values: np.array(values, np.uint64))


@given(HASHES, HASHES)
def test_nothing_that_was_added_is_missing(first: np.ndarray, second: np.ndarray) -> None:
    known = HashFilter(bits=12)
    known.add(first)
    known.add(second)
    assert known.contains(first).all()
    assert known.contains(second).all()
    assert not known.add(first).any()


def test_each_distinct_hash_is_new_once() -> None:
    hashes = hashed(pd.Series([f"user {number % 3000}" for number in range(9000)]))
    known = HashFilter(bits=24)
    assert abs(sum(int(known.add(block).sum()) for block in np.array_split(hashes, 7)) - 3000) <= 1


def test_pairs_have_hashes_of_their_own() -> None:
    names = hashed(pd.Series([str(number) for number in range(300)]))
    pairs = combined(np.repeat(names, 300), np.tile(names, 300))
    assert len(np.unique(pairs)) == 300 * 300
    assert abs(np.mean(pairs < 2**63) - 0.5) < 0.02


def test_a_salt_gives_other_hashes() -> None:
    values = pd.Series(["a", "b"])
    assert not np.intersect1d(hashed(values), hashed(values, salt=1)).size
    assert (hashed(values) == hashed(values)).all()
