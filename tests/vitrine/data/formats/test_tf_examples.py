from pathlib import Path

import pyarrow as pa
import pytest
import tensorflow as tf
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from vitrine.data.formats import tf_examples
from vitrine.data.formats.arrow import as_features
from vitrine.data.formats.tf_examples import read_columns


def write(path: Path, **columns: list[str | None]) -> None:
    batch = pa.record_batch({name: pa.array(values, pa.string()) for name, values in columns.items()})
    with tf.io.TFRecordWriter(str(path), "GZIP") as writer:
        for example in RecordBatchToExamplesEncoder().encode(as_features(batch)):
            writer.write(example)


def test_columns_of_all_files_come_back_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tf_examples, "BATCH", 2)
    write(tmp_path / "data-00000.gz", query=["a", "b", "c"], product_id=["1", "2", "3"])
    write(tmp_path / "data-00001.gz", query=["d", None], product_id=["4", "5"])
    table = read_columns(f"{tmp_path}/*", ("product_id", "query"))
    assert table.to_pydict() == {"product_id": ["1", "2", "3", "4", "5"], "query": ["a", "b", "c", "d", ""]}


def test_a_column_that_no_row_has_is_empty(tmp_path: Path) -> None:
    write(tmp_path / "data.gz", query=["a"])
    assert read_columns(f"{tmp_path}/*", ("query", "brand")).to_pydict() == {"query": ["a"], "brand": [""]}


def test_no_files_are_no_rows(tmp_path: Path) -> None:
    table = read_columns(f"{tmp_path}/*", ("query",))
    assert (table.num_rows, table.schema.field("query").type) == (0, pa.string())
