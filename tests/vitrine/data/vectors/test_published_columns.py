"""Vectors in columns of lists and of strings, and cells that are not vectors."""

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from vitrine.data.vectors.published_columns import unit_vectors
from vitrine.errors import DataError

ROWS = pa.array([5, 6, 7, 8])


def read(column: pa.Array, dimension: int = 2) -> tuple[np.ndarray, list[bool]]:
    batch = pa.record_batch([column], ["features"])
    vectors, present = unit_vectors(Path("f.parquet"), batch, ROWS[: len(column)], "features", dimension)
    return vectors, present.tolist()


@pytest.mark.parametrize(
    "column",
    [
        pa.array([[3.0, 4.0], None, [0.0, 0.0], []], pa.list_(pa.float32())),
        pa.array([[3.0, 4.0], None, [0.0, 0.0], []], pa.large_list(pa.float64())),
        pa.array([[3, 4], None, [0, 0], None], pa.list_(pa.int64(), 2)),
        pa.array(["[3.0, 4.0]", None, "[0, 0]", "[]"]),
        pa.array([" [ 3.e+00\n  4.0 ]\n", "", "[0.,0.]", "[ ]"]),
    ],
)
def test_both_forms_become_unit_length_and_no_vector_is_zeros(column: pa.Array) -> None:
    vectors, present = read(column)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0, 0], [0, 0], [0, 0]], rtol=1e-6)
    assert present == [True, False, False, False]


def test_vectors_whose_squares_overflow_have_unit_length_too() -> None:
    vectors, _ = read(pa.array([[3e38, 0.0], [1e-38, 0.0]], pa.list_(pa.float32())))
    np.testing.assert_allclose(vectors, [[1, 0], [1, 0]])


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ([1.0], "f.parquet:6: features '[1.0]' has 1 numbers; expected 2"),
        ([1.0, float("nan")], "f.parquet:6: features '[1.0, nan]' holds a number that is not finite"),
        ([1.0, None], "f.parquet:6: features '[1.0, None]' holds a number that is not finite"),
        ("[1, 2, 3]", "f.parquet:6: features '[1, 2, 3]' has 3 numbers; expected 2"),
        ("[1, 1e99]", "f.parquet:6: features '[1, 1e99]' holds a number that is not finite"),
        ("[1, two]", "f.parquet:6: features '[1, two]' holds something that is not a number"),
        ("[0.1 ... 0.2]", "f.parquet:6: features '[0.1 ... 0.2]' holds something that is not a number"),
        ("1, 2", "f.parquet:6: features '1, 2' is not a list of numbers in brackets"),
        ("[[1], [2]]", "f.parquet:6: features '[[1], [2]]' is not a list of numbers in brackets"),
        ("__import__('os')", "f.parquet:6: features \"__import__('os')\" is not a list of numbers in brackets"),
    ],
)
def test_a_bad_vector_is_named_by_file_row_and_column(cell: Any, message: str) -> None:
    good: Any = "[1, 2]" if isinstance(cell, str) else [1.0, 2.0]
    with pytest.raises(DataError) as raised:
        read(pa.array([good, cell, good]))
    assert str(raised.value) == message


def test_a_column_of_other_things_is_refused() -> None:
    with pytest.raises(DataError, match="column 'features' is list"):
        read(pa.array([["a", "b"]]))
    with pytest.raises(DataError, match=r"features '1.5' is not a list of numbers"):
        read(pa.array([1.5]))
