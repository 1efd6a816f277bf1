import numpy as np
import pytest
import tensorflow as tf

from vitrine.search.index.filter_mask import unpack


def pack(*masks):
    return tf.constant([np.packbits(np.asarray(mask, bool), bitorder="little").tobytes() for mask in masks])


def test_rows_are_those_that_any_query_allows():
    filtered = unpack(pack([1, 0, 0, 0, 0, 0, 0, 0, 0, 1], [0, 0, 1, 0, 0, 0, 0, 0, 0, 0]), 10)
    assert filtered.rows.numpy().tolist() == [0, 2, 9]
    assert filtered.allows(tf.constant([[0, 2, 9]] * 2)).numpy().tolist() == [[True, False, True], [False, True, False]]


def test_the_empty_string_allows_all():
    filtered = unpack(tf.constant([b""]), 10)
    assert filtered.rows.numpy().tolist() == list(range(10))
    assert filtered.allows(tf.constant([[3]])).numpy().all()


def test_a_row_can_be_taken_out():
    filtered = unpack(tf.constant([b"", b""]), 10).without(tf.constant([9, -1]))
    assert filtered.allows(tf.constant([[8, 9]] * 2)).numpy().tolist() == [[True, False], [False, False]]


def test_no_queries_allow_no_rows():
    assert unpack(tf.constant([], tf.string), 10).rows.shape == (0,)


def test_masks_of_another_catalogue_are_refused():
    with pytest.raises(tf.errors.InvalidArgumentError, match="allowed must be empty or 2 bytes"):
        unpack(tf.constant([b"abc"]), 10)
