"""Parquet files in the layouts of all writers; `written/` holds files of pandas, polars, DuckDB and Spark."""

import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from vitrine.data.formats import parquet_reading
from vitrine.data.vectors.published_columns import unit_vectors
from vitrine.errors import DataError

WRITTEN = sorted((Path(__file__).parent / "written").glob("*.parquet"))
ROWS = 40
"""Rows of each file in `written/`."""
MIB = 1 << 20

TEXTS = (pa.string(), pa.large_string(), pa.dictionary(pa.int32(), pa.string()))
VECTORS = (pa.list_(pa.float32()), pa.large_list(pa.float64()), pa.list_(pa.float32(), 3))
TEXT_ENCODINGS = ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY")
NUMBER_ENCODINGS = ("PLAIN", "DELTA_BINARY_PACKED", "BYTE_STREAM_SPLIT")
FLOAT_ENCODINGS = ("PLAIN", "BYTE_STREAM_SPLIT")


@st.composite
def layouts(draw: st.DrawFn) -> dict[str, Any]:
    """Draw options of Arrow's writer."""
    options = {
        "compression": draw(st.sampled_from(["none", "snappy", "zstd", "gzip", "lz4"])),
        "row_group_size": draw(st.integers(1, 50)),
        "data_page_size": draw(st.sampled_from([1, 60, 1000, MIB])),
        "data_page_version": draw(st.sampled_from(["1.0", "2.0"])),
        "write_batch_size": draw(st.integers(1, 50)),
        "version": draw(st.sampled_from(["1.0", "2.6"])),
        "store_schema": draw(st.booleans()),
        "write_page_checksum": draw(st.booleans()),
        "use_dictionary": draw(st.booleans()),
    }
    if not options["use_dictionary"]:
        encodings = {"text": TEXT_ENCODINGS, "number": NUMBER_ENCODINGS, "vector.list.element": FLOAT_ENCODINGS}
        options["column_encoding"] = {name: draw(st.sampled_from(choices)) for name, choices in encodings.items()}
    return options


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The file that a test writes."""
    return tmp_path_factory.mktemp("parquet") / "file.parquet"


@settings(max_examples=150, deadline=None)
@given(st.data(), layouts(), st.sampled_from(TEXTS), st.sampled_from(VECTORS), st.integers(1, 60))
def test_what_was_written_is_read_in_every_layout(
    path: Path, data: st.DataObject, layout: dict[str, Any], text: pa.DataType, vector: pa.DataType, size: int
) -> None:
    rows = data.draw(st.integers(0, 60))
    texts = data.draw(st.lists(st.none() | st.text(max_size=20), min_size=rows, max_size=rows))
    numbers = data.draw(st.lists(st.none() | st.integers(-(2**63), 2**63 - 1), min_size=rows, max_size=rows))
    # Arrow writes no nulls of lists of a fixed size; `written/` has them.
    none = [0.0] * 3 if pa.types.is_fixed_size_list(vector) else None
    vectors = [none if number is None else [number % 7, 0.5, -1.0] for number in numbers]
    columns = {
        "text": pa.array(texts, text),
        "number": pa.array(numbers, pa.int64()),
        "vector": pa.array(vectors, vector),
    }
    path.unlink(missing_ok=True)
    parquet.write_table(pa.table(columns), path, **layout)

    records = list(parquet_reading.read(path, ["text", "number"]))
    read = {
        name: [value for block in records for value in block.table[name].to_pylist()] for name in ("text", "number")
    }
    assert read["text"] == [text or "" for text in texts]
    assert read["number"] == ["" if number is None else str(number) for number in numbers]
    assert [row for block in records for row in block.rows.to_pylist()] == list(range(1, rows + 1))
    batches = [batch for batch, _ in parquet_reading.batches(path, ["vector"], size)]
    assert all(batch.num_rows <= size for batch in batches)
    assert [value for batch in batches for value in batch["vector"].to_pylist()] == vectors


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([16 << 10, 1 << 20]), st.integers(0, 400), st.integers(0, 20_000))
def test_pages_may_end_anywhere(path: Path, around: int, before: int, following: int) -> None:
    # Arrow 18's buffered stream, of either size, fails at most of these.
    texts = ["x" * (around - before), "y" * following]
    path.unlink(missing_ok=True)
    parquet.write_table(
        pa.table({"text": texts}), path, compression="none", use_dictionary=False, data_page_size=1, write_batch_size=1
    )
    (records,) = parquet_reading.read(path, ["text"])
    assert records.table["text"].to_pylist() == texts


@pytest.mark.parametrize("file", WRITTEN, ids=lambda file: file.stem)
def test_files_of_other_writers_are_read(file: Path) -> None:
    names = ["product_id", "title", "brand", "price"]
    blocks = [records.table for records in parquet_reading.read(file, names)]
    assert pa.concat_tables(blocks).to_pylist() == [
        {
            "product_id": f"B{n}",
            "title": f"Größe {n} 日本" if n % 5 else "",
            "brand": "Acme" if n % 3 else "",
            "price": str(n),
        }
        for n in range(ROWS)
    ]
    parts = [unit_vectors(file, batch, rows, "vector", 4) for batch, rows in parquet_reading.batches(file, ["vector"])]
    vectors, present = (np.concatenate(part) for part in zip(*parts, strict=True))
    expected = np.array([[n, 0.5, -0.25, 0] if n % 7 else [0, 0, 0, 0] for n in range(ROWS)])
    lengths = np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, expected / np.where(lengths > 0, lengths, 1), atol=1e-6)
    assert present.tolist() == [n % 7 > 0 for n in range(ROWS)]


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="reads the resident memory from Linux's /proc")
@pytest.mark.parametrize("group", [1_000, 100_000])
def test_memory_is_bounded_by_a_batch(path: Path, group: int) -> None:
    rng = np.random.default_rng(0)
    text = pa.array([rng.bytes(1000).hex() for _ in range(100_000)])
    path.unlink(missing_ok=True)
    parquet.write_table(pa.table({"text": text}), path, row_group_size=group, use_dictionary=False)
    del text

    def resident() -> int:
        return int(Path("/proc/self/statm").read_text().split()[1]) * mmap.PAGESIZE

    def sizes() -> Iterator[int]:
        for _ in parquet_reading.batches(path, ["text"], 1000):
            yield resident()

    before = resident()
    assert path.stat().st_size > 90 * MIB
    assert max(sizes()) - before < 40 * MIB


def test_long_rows_come_in_smaller_batches(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parquet_reading, "BATCH_BYTES", 100_000)
    table = pa.table({"id": list(range(50)), "text": ["x" * 10_000] * 50})
    path.unlink(missing_ok=True)
    parquet.write_table(table, path, use_dictionary=False)
    assert max(batch.num_rows for batch, _ in parquet_reading.batches(path, ["text"])) <= 10
    assert [batch.num_rows for batch, _ in parquet_reading.batches(path, ["id"])] == [50]


def test_a_column_name_that_is_not_utf8_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "products.parquet"
    parquet.write_table(pa.table({"product_id": ["B1"], "title": ["Mug"]}), path)
    path.write_bytes(path.read_bytes().replace(b"title", b"t\xfftle"))
    with pytest.raises(DataError, match=r"products.parquet: not readable as Parquet: a column's name is not UTF-8"):
        list(parquet_reading.read(path, ["product_id"]))


def test_an_empty_file_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "products.parquet"
    path.touch()
    with pytest.raises(DataError, match=r"products.parquet: not readable as Parquet: the file is empty"):
        list(parquet_reading.read(path, ["product_id"]))
