"""The order of training pairs: every row once, with similar lengths and the groups of a query together."""

import numpy as np
import pytest

from vitrine.cross_encoder.training_pairs import epoch_batches

QUERIES = [f"query {number % 13}" for number in range(500)]
LENGTHS = np.random.default_rng(0).integers(1, 300, len(QUERIES))


def batches(size: int, group: int, seed: int = 0) -> list[np.ndarray]:
    return list(epoch_batches(QUERIES, LENGTHS, size, group, np.random.default_rng(seed)))


@pytest.mark.parametrize(("size", "group"), [(32, 1), (32, 8), (7, 3), (4, 16), (1000, 1)])
def test_every_row_comes_once_and_batches_are_bounded(size, group):
    drawn_batches = batches(size, group)
    assert sorted(np.concatenate(drawn_batches).tolist()) == list(range(len(QUERIES)))
    assert max(map(len, drawn_batches)) <= max(size, group)


def test_rows_of_like_length_come_together():
    padded = sum(len(rows) * LENGTHS[rows].max() for rows in batches(32, 1))
    assert padded < 1.15 * LENGTHS.sum()


def test_groups_hold_one_query():
    for rows in batches(32, 8):
        names = [QUERIES[row] for row in rows]
        assert len(set(names)) <= 8


def test_the_seed_decides_the_order():
    first, second, other = (np.concatenate(batches(32, 1, seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_no_row_makes_no_batch():
    assert list(epoch_batches([], np.zeros(0, np.int64), 8, 1, np.random.default_rng(0))) == []
