from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.embedding_folders import write_folder
from vitrine.errors import DataError
from vitrine.features.offline import Embeddings, read_embeddings, read_vectors, view_rows, write_offline
from vitrine.features.row_changes import find_changes, write_digests

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


def write(embeddings: Embeddings, directory: Path, now: datetime = NOON) -> dict[str, int]:
    """Write all rows of all views, and return the number of rows of each."""
    rows = dict(view_rows(embeddings))
    for view, table in rows.items():
        write_offline(table, directory, view, now)
        write_digests(directory, view, find_changes(table, None).present)
    return {view: len(table) for view, table in rows.items()}


def save(embeddings: Embeddings, directory: Path) -> tuple[Path, Path]:
    for name, table in (("products", embeddings.products), ("queries", embeddings.queries)):
        write_folder(directory / name, table)
    return directory / "products", directory / "queries"


def test_rows_and_vectors_of_both_tables_are_read(make_embeddings: Callable[..., Embeddings], tmp_path: Path) -> None:
    embeddings = make_embeddings()
    read = read_embeddings(*save(embeddings, tmp_path), embeddings.encoder)
    assert read.products.to_pylist() == embeddings.products.to_pylist()
    assert read.queries.to_pylist() == embeddings.queries.to_pylist()
    assert read.dimension == 8


def test_missing_texts_and_images_have_no_rows(make_embeddings: Callable[..., Embeddings], tmp_path: Path) -> None:
    embeddings = make_embeddings(products=6)
    rows = write(embeddings, tmp_path)
    assert rows == {"query_text": 2, "product_text": 5, "product_image": 4, "product_attributes": 6}
    ids, vectors = read_vectors(tmp_path, "product_image")
    assert ids == ["p1", "p2", "p4", "p5"]
    np.testing.assert_array_equal(vectors[1], embeddings.products["image_vector"][2].as_py())


def test_attributes_hold_every_text_column_and_flags_as_numbers(
    make_embeddings: Callable[..., Embeddings], tmp_path: Path
) -> None:
    write(make_embeddings(products=2), tmp_path)
    (file,) = (tmp_path / "offline" / "product_attributes").iterdir()
    first, second = pq.read_table(file).to_pylist()
    assert first == {
        "product_id": "p0",
        "title": "mug number 0",
        "description": "",
        "brand": "Tassel",
        "color": "",
        "category": "",
        "has_text": 1,
        "has_image": 0,
        "event_timestamp": NOON,
    }
    assert (second["has_text"], second["has_image"]) == (0, 1)


def test_each_time_has_its_own_file(make_embeddings: Callable[..., Embeddings], tmp_path: Path) -> None:
    write(make_embeddings(seed=1), tmp_path)
    write(make_embeddings(seed=2), tmp_path, NOON.replace(hour=13))
    assert len(list((tmp_path / "offline" / "product_text").iterdir())) == 2
    _, newest = read_vectors(tmp_path, "product_text")
    np.testing.assert_array_equal(newest[0], make_embeddings(seed=2).products["text_vector"][0].as_py())


def test_the_newest_vector_of_each_product_that_is_still_there_is_read(
    make_embeddings: Callable[..., Embeddings], tmp_path: Path
) -> None:
    before, after = make_embeddings(seed=1), make_embeddings(seed=2, products=4)
    write(before, tmp_path)
    write_offline(dict(view_rows(after))["product_text"], tmp_path, "product_text", NOON.replace(hour=13))
    remaining = dict(view_rows(before))["product_text"].slice(0, 6)
    write_digests(tmp_path, "product_text", find_changes(remaining, None).present)
    ids, vectors = read_vectors(tmp_path, "product_text")
    assert ids == ["p0", "p2", "p3", "p4", "p5", "p6"]
    for product_id, vector in zip(ids, vectors, strict=True):
        newest = after if product_id in ("p0", "p2", "p3") else before
        np.testing.assert_array_equal(vector, newest.products["text_vector"][int(product_id[1:])].as_py())


def test_a_folder_without_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"rows\.arrow: no embeddings that can be read .*; run the pipeline again"):
        read_embeddings(tmp_path, tmp_path, "")


def test_tables_of_two_encoders_are_refused(make_embeddings: Callable[..., Embeddings], tmp_path: Path) -> None:
    mixed = Embeddings(make_embeddings(dimension=8).products, make_embeddings(dimension=16).queries, "")
    with pytest.raises(DataError, match=r"queries: vectors of 16 numbers, and .*products: of 8"):
        read_embeddings(*save(mixed, tmp_path), "")


def test_a_view_without_rows_has_an_empty_file(make_embeddings: Callable[..., Embeddings], tmp_path: Path) -> None:
    embeddings = make_embeddings(images=False)
    assert write(embeddings, tmp_path)["product_image"] == 0
    ids, vectors = read_vectors(tmp_path, "product_image")
    assert (ids, len(vectors)) == ([], 0)
    (file,) = (tmp_path / "offline" / "product_image").iterdir()
    assert pa.types.is_list(pq.read_schema(file).field("image_vector").type)
