import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.errors import DataError
from vitrine.tuning.image_text.splits import MIN_PRODUCTS, split


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(40, 96), st.floats(0.2, 0.5), st.integers(0, 2**31))
def test_no_group_is_in_two_parts(products, count, share, seed):
    group = np.random.default_rng(seed).integers(count, size=len(products.ids))
    grouped = dataclasses.replace(products, group=group)
    parts = split(grouped, share, 4_000)
    assert np.sort(np.concatenate(parts)).tolist() == products.complete().tolist()
    assert min(map(len, parts)) >= MIN_PRODUCTS
    for first, second in itertools.combinations(parts, 2):
        assert not np.intersect1d(group[first], group[second]).size
    wanted = max(MIN_PRODUCTS, round(share * len(products.ids) / 2))
    assert max(len(parts.choosing), len(parts.deciding)) <= wanted


def test_at_most_a_number_of_products_is_held_out(products):
    parts = split(products, 0.5, 24)
    assert len(parts.choosing) + len(parts.deciding) == 24


def test_products_that_are_all_alike_are_refused(products):
    alike = dataclasses.replace(products, group=np.zeros(len(products.ids), np.int64))
    with pytest.raises(DataError, match="1 of them unlike each other, too few"):
        split(alike, 0.2, 4_000)
