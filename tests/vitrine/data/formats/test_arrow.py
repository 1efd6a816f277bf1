import datetime

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis.extra import numpy as hnp
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder, RecordBatchToExamplesEncoder

from vitrine.data.formats.arrow import as_features, as_matrix, floats, objects, packed, strings, vector_column

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
CELLS = st.lists(st.none() | TEXT, min_size=1, max_size=8)
NUMBERS = st.lists(st.none() | st.floats(width=32, allow_nan=False), min_size=1, max_size=8)
MATRICES = hnp.arrays(np.float32, st.tuples(st.integers(1, 6), st.integers(1, 5)), elements=st.floats(-1, 1, width=32))


def through_examples(batch: pa.RecordBatch) -> pa.RecordBatch:
    """Encode `batch` as tf.Examples and decode it, as between two nodes."""
    return ExamplesToRecordBatchDecoder().DecodeBatch(RecordBatchToExamplesEncoder().encode(as_features(batch)))


@given(CELLS)
def test_strings_come_back_from_examples_with_missing_ones_empty(cells: list[str | None]) -> None:
    decoded = through_examples(pa.record_batch({"title": pa.array(cells, pa.string())}))
    assert strings(decoded, "title").to_pylist() == [cell or "" for cell in cells]


@given(NUMBERS)
def test_floats_come_back_from_examples_with_missing_ones_null(cells: list[float | None]) -> None:
    decoded = through_examples(pa.record_batch({"price": pa.array(cells, pa.float32())}))
    assert floats(decoded, "price").to_pylist() == cells


@given(CELLS, st.data())
def test_a_slice_is_read_as_its_own_rows(cells: list[str | None], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(cells)))
    batch = pa.record_batch({"title": pa.array(cells, pa.string())})
    expected = [cell or "" for cell in cells[start:]]
    assert strings(as_features(batch.slice(start)), "title").to_pylist() == expected
    assert strings(as_features(batch).slice(start), "title").to_pylist() == expected


@given(st.lists(st.none() | st.lists(TEXT, max_size=3), min_size=1, max_size=6), st.data())
def test_the_first_of_several_values_counts(rows: list[list[str] | None], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(rows)))
    batch = pa.record_batch({"title": pa.array(rows, pa.list_(pa.string()))}).slice(start)
    assert strings(batch, "title").to_pylist() == [row[0] if row else "" for row in rows[start:]]


def test_values_under_a_missing_list_are_passed_over() -> None:
    # Arrow allows a null to span values; what is behind it must not move.
    values = pa.array(["hidden", "seen"])
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2], pa.int32()), values, mask=pa.array([True, False]))
    assert strings(pa.record_batch({"title": lists}), "title").to_pylist() == ["", "seen"]


def test_a_missing_cell_is_a_missing_feature_and_no_empty_string() -> None:
    batch = pa.record_batch({"title": pa.array(["mug", None, ""])})
    listed = as_features(batch)["title"]
    assert listed.to_pylist() == [[b"mug"], None, [b""]]
    assert listed.type == pa.large_list(pa.large_binary())


def test_numbers_keep_their_type() -> None:
    listed = as_features(pa.record_batch({"price": pa.array([1.5], pa.float32()), "has_image": pa.array([1])}))
    assert [column.type for column in listed.columns] == [pa.large_list(pa.float32()), pa.large_list(pa.int64())]


def test_a_feature_that_no_row_has_is_empty_or_null() -> None:
    batch = pa.record_batch({"present": pa.array([["a"], ["b"]])})
    nothing = pa.record_batch({"title": pa.nulls(2), "price": pa.nulls(2)})
    assert strings(batch, "title").to_pylist() == strings(nothing, "title").to_pylist() == ["", ""]
    assert floats(batch, "price").to_pylist() == floats(nothing, "price").to_pylist() == [None, None]


@given(MATRICES)
def test_packed_vectors_are_little_endian_float32(matrix: np.ndarray) -> None:
    rows = packed(matrix).to_pylist()
    assert [len(row) for row in rows] == [4 * matrix.shape[1]] * len(matrix)
    np.testing.assert_array_equal([np.frombuffer(row, "<f4") for row in rows], matrix)


def test_packed_takes_any_memory_layout() -> None:
    matrix = np.arange(12, dtype=np.float64).reshape(3, 4).T[::2]
    assert [np.frombuffer(row, "<f4").tolist() for row in packed(matrix).to_pylist()] == matrix.tolist()


@given(MATRICES, st.data())
def test_vector_columns_come_back_whole_sliced_and_in_chunks(matrix: np.ndarray, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(matrix)))
    column = vector_column(matrix)
    np.testing.assert_array_equal(as_matrix(pa.chunked_array([column.slice(start)])), matrix[start:])
    chunks = pa.chunked_array([column.slice(0, start), column.slice(start)])
    np.testing.assert_array_equal(as_matrix(chunks), matrix)


def test_a_whole_column_is_read_without_a_copy() -> None:
    matrix = np.ones((4, 3), np.float32)
    assert np.shares_memory(as_matrix(pa.chunked_array([vector_column(matrix)])), matrix)


def test_no_vectors_keep_their_dimension() -> None:
    assert as_matrix(pa.chunked_array([], pa.list_(pa.float32(), 3))).shape == (0, 3)


@pytest.mark.parametrize("value", [datetime.date(2024, 5, 1), True])
def test_what_examples_cannot_hold_is_refused(value: object) -> None:
    with pytest.raises(Exception, match=r"(?i)type"):
        RecordBatchToExamplesEncoder().encode(as_features(pa.record_batch({"extra": pa.array([value])})))


@given(st.lists(st.lists(TEXT, max_size=4), max_size=4))
def test_equal_strings_become_one_object(chunks):
    column = pa.chunked_array(chunks, pa.string())
    found = objects(column)
    assert found.tolist() == column.to_pylist()
    assert len({id(text) for text in found}) == len(set(found))
