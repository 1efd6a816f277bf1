import itertools
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given

from tests.embedding_folders import write_folder
from vitrine.data.formats.arrow import vector_column
from vitrine.embeddings.layout import ROWS
from vitrine.embeddings.pair_vectors import PairVectors
from vitrine.embeddings.table import EmbeddingTable, Rows
from vitrine.embeddings.writing import write_embeddings
from vitrine.errors import DataError


def products(count: int = 5, images: bool = True, dimension: int = 3) -> pa.Table:
    vectors = np.arange(count * dimension, dtype=np.float32).reshape(count, dimension) + 1
    table = pa.table({"product_id": [f"p{row}" for row in range(count)], "text_vector": vector_column(vectors)})
    return table.append_column("image_vector", vector_column(-vectors * images))


@given(st.lists(st.integers(0, 4), max_size=4), st.data())
def test_rows_are_taken_in_the_order_asked_for_whatever_the_batches(sizes: list[int], data: st.DataObject) -> None:
    names = [f"p{row}" for row in range(sum(sizes))]
    ends = np.cumsum([0, *sizes])
    schema = pa.schema([("product_id", pa.string()), ("row", pa.int64())])
    batches = [
        pa.record_batch([names[start:end], range(start, end)], schema) for start, end in itertools.pairwise(ends)
    ]
    rows = Rows(pa.Table.from_batches(batches, schema))
    asked = np.array(data.draw(st.lists(st.integers(0, sum(sizes) - 1), max_size=9)) if names else [], np.int64)
    taken = rows.take(asked, ("row", "product_id"))
    assert taken.to_pydict() == {"row": asked.tolist(), "product_id": [names[row] for row in asked]}
    assert rows.find(taken["product_id"]).tolist() == asked.tolist()
    assert rows.find(pa.array(["unknown"])).tolist() == [-1]


def test_vectors_are_mapped_and_gathered_by_row(tmp_path: Path) -> None:
    table = write_folder(tmp_path, products())
    assert isinstance(table.vectors["text_vector"], np.memmap)
    assert table.gather("text_vector", np.array([4, 0])).tolist() == [[13, 14, 15], [1, 2, 3]]
    assert table.with_vectors().to_pydict() == products().to_pydict()


def test_a_side_without_any_vector_has_no_file_and_is_zeros(tmp_path: Path) -> None:
    table = write_folder(tmp_path, products(images=False))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["rows.arrow", "text_vector.npy"]
    assert table.gather("image_vector", np.array([1, 1])).tolist() == [[0, 0, 0]] * 2
    assert table.with_vectors()["image_vector"].to_pylist() == [[0, 0, 0]] * 5


def test_files_that_do_not_belong_together_are_refused(tmp_path: Path) -> None:
    write_folder(tmp_path, products())
    np.save(tmp_path / "image_vector.npy", np.zeros((4, 3), np.float32))
    with pytest.raises(DataError, match=r"5 rows, but text_vector \(5, 3\), image_vector \(4, 3\); run the pipeline"):
        EmbeddingTable.open(tmp_path)


@pytest.mark.parametrize("damaged", [ROWS, "text_vector.npy"])
def test_a_damaged_file_is_named(tmp_path: Path, damaged: str) -> None:
    write_folder(tmp_path, products())
    (tmp_path / damaged).write_bytes((tmp_path / damaged).read_bytes()[:20])
    with pytest.raises(DataError, match=f"{tmp_path}.*run the pipeline again"):
        EmbeddingTable.open(tmp_path)


def test_vectors_of_two_lengths_are_no_pair(tmp_path: Path) -> None:
    write_folder(tmp_path / "products", products())
    query = pa.table({"query_id": ["q"], "query_vector": vector_column(np.ones((1, 2), np.float32))})
    write_folder(tmp_path / "queries", query)
    with pytest.raises(DataError, match=r"vectors of 2 numbers, and .*products: of 3"):
        PairVectors.open(tmp_path / "queries", tmp_path / "products")


def test_other_rows_than_announced_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="5 rows were encoded, and 6 were announced"):
        write_embeddings(tmp_path, products().to_batches(), 6)
