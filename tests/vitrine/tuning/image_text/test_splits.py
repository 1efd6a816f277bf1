import dataclasses
import itertools

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.data.product_splits import HELD_OUT, ProductSplit, split_products
from vitrine.errors import DataError
from vitrine.tuning.image_text.splits import MIN_PRODUCTS, split


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(40, 96), st.floats(0.2, 0.5), st.integers(0, 2**31))
def test_no_position_is_in_two_parts(products, count, share, seed):
    position = np.random.default_rng(seed).integers(count, size=len(products.ids)) / count
    parts = split(dataclasses.replace(products, position=position), share)
    assert np.sort(np.concatenate(parts)).tolist() == products.complete().tolist()
    assert min(map(len, parts)) >= MIN_PRODUCTS
    for first, second in itertools.combinations(parts, 2):
        assert not np.intersect1d(position[first], position[second]).size


def test_the_products_that_a_benchmark_measures_with_are_held_out(products):
    count = 20_000
    position = np.random.default_rng(0).random(count)
    many = dataclasses.replace(
        products, ids=["p"] * count, texts=[("mug",)] * count, images=[np.array([0])] * count, position=position
    )
    fitting = split(many, HELD_OUT).fitting
    measured = np.flatnonzero(split_products(position) != ProductSplit.TRAIN)
    assert not np.intersect1d(fitting, measured).size
    assert len(fitting) + len(measured) == count


def test_products_that_are_all_alike_are_refused(products):
    alike = dataclasses.replace(products, position=np.zeros(len(products.ids)))
    with pytest.raises(DataError, match="1 of them unlike each other, too few"):
        split(alike, 0.2)
