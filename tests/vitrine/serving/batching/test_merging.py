import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from vitrine.serving.batching.merging import merge, merge_key, row_count, split

SIZES = st.lists(st.integers(1, 4), min_size=1, max_size=5)
TAIL = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=3)


@given(SIZES, TAIL, st.integers(0, 3), st.randoms(use_true_random=False))
def test_what_is_merged_is_split_into_what_it_was(
    sizes: list[int], tail: tuple[int, ...], padding: int, random: object
) -> None:
    numbers = [np.arange(size * int(np.prod(tail))).reshape(size, *tail) + index for index, size in enumerate(sizes)]
    requests = [
        {"x": array, "text": np.array([b"%d" % size] * size, dtype=object)}
        for array, size in zip(numbers, sizes, strict=True)
    ]
    merged = merge(requests, padding)
    assert merged is not None
    assert len(merged["x"]) == len(merged["text"]) == sum(sizes) + padding
    parts = split(dict(merged), sizes, padding)
    assert parts is not None
    for part, request in zip(parts, requests, strict=True):
        for name in request:
            assert part[name].dtype == request[name].dtype
            np.testing.assert_array_equal(part[name], request[name])


def test_the_rows_are_those_of_every_input() -> None:
    assert row_count({"a": np.zeros((3, 2)), "b": np.zeros(3)}) == 3
    assert row_count({"a": np.zeros(0)}) == 0
    assert row_count({"a": np.zeros(3), "b": np.zeros(2)}) is None
    assert row_count({"a": np.float32(1)}) is None
    assert row_count({"a": np.array(1)}) is None
    assert row_count({"a": ["mug"]}) is None
    assert row_count({}) is None


def test_likeness_is_type_and_shape_but_for_the_rows() -> None:
    feeds = {"x": np.zeros((3, 2), np.float32)}
    assert merge_key(feeds, padded=False) == merge_key({"x": np.zeros((5, 2), np.float32)}, padded=False)
    for other in (np.zeros((3, 3), np.float32), np.zeros((3, 2)), np.zeros(3, np.float32)):
        assert merge_key(feeds, padded=False) != merge_key({"x": other}, padded=False)
    assert merge_key(feeds, padded=True) == merge_key({"x": np.zeros((3, 3), np.float32)}, padded=True)
    assert merge_key(feeds, padded=True) != merge_key({"x": np.zeros(3, np.float32)}, padded=True)


def test_the_last_requests_first_row_fills_up() -> None:
    merged = merge([{"x": np.array([1, 2])}, {"x": np.array([3, 4])}], padding=2)
    assert merged is not None
    assert merged["x"].tolist() == [1, 2, 3, 4, 3, 3]


def test_shapes_are_made_equal_with_the_first_element() -> None:
    merged = merge([{"x": np.array([[1, 2, 3]])}, {"x": np.array([[7], [8]])}], padding=0)
    assert merged is not None
    assert merged["x"].tolist() == [[1, 2, 3], [7, 7, 7], [8, 7, 7]]
    text = merge([{"x": np.array([[b"a", b"b"]], object)}, {"x": np.array([[b"c"]], object)}], padding=0)
    assert text is not None
    assert text["x"].tolist() == [[b"a", b"b"], [b"c", b"c"]]
    assert merge([{"x": np.zeros((1, 3))}, {"x": np.zeros((1, 0))}], padding=0) is None


@pytest.mark.parametrize("output", [np.float32(3), np.zeros(2), np.zeros((4, 3))])
def test_outputs_that_are_not_one_row_an_input_row_cannot_be_split(output: object) -> None:
    assert split({"y": np.zeros(3), "z": output}, [1, 2], 0) is None
