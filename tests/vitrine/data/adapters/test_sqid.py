"""The adapter of SQID, on small files in the published ones' two forms, and on its real query vectors."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

from benchmarks.sqid_files import write_sqid as write_generated_sqid
from tests.vitrine.data.adapters.test_esci import Row, example, product, write
from vitrine.data.adapters.sqid import BATCH, DIMENSION, MODEL, PRODUCT_FEATURES, QUERY_FEATURES, TEXT_FEATURES
from vitrine.data.contract.files import read_catalogue, read_judgements
from vitrine.data.contract.splits import is_eval
from vitrine.data.formats import parquet_reading
from vitrine.data.formats.arrow import as_matrix
from vitrine.data.prepare import Prepared, prepare
from vitrine.data.vectors.files import read_description
from vitrine.data.vectors.published_columns import unit_vectors
from vitrine.errors import ConfigError, DataError

QUERIES = {str(n): f"mug {n}" for n in range(1, 13)}
Form = Callable[[np.ndarray], Any]


def vector(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).normal(size=DIMENSION).astype(np.float32)


def as_list(values: np.ndarray) -> Any:
    return values.tolist()


def as_text(values: np.ndarray) -> Any:
    return str(values.tolist())


def as_numpy_text(values: np.ndarray) -> Any:
    return np.array2string(values, threshold=10_000)


def write_sqid(folder: Path, form: Form = as_list, query_rows: list[Row] | None = None) -> None:
    examples = [example(int(n), query, product_id, "E", "test") for n, query in QUERIES.items()
                for product_id in ("B1", "B2", "B3")]  # fmt: skip
    write(folder, [*examples, example(99, "train query", "B4", "E")], [product(f"B{n}", "Mug") for n in range(1, 5)])
    (folder / "product_image_urls.csv").write_text(
        "product_id,image_url\nB1,https://a.example/1.jpg\nB2,\nB3,\n", encoding="utf-8"
    )
    (folder / "supp_product_image_urls.csv").write_text(
        "product_id,image_url\nB1,https://a.example/other.jpg\nB2,https://a.example/2.jpg\n", encoding="utf-8"
    )
    rows = [{"query_id": int(n), TEXT_FEATURES: form(vector(int(n)) * 15)} for n in (*QUERIES, 99)]
    parquet.write_table(pa.Table.from_pylist(query_rows or rows), folder / QUERY_FEATURES)
    images = {"B1": form(vector(101)), "B2": form(np.zeros(DIMENSION, np.float32)), "B3": None}
    features = [{"product_id": product_id, TEXT_FEATURES: form(vector(200)), "clip_image_features": images[product_id]}
                for product_id in images]  # fmt: skip
    parquet.write_table(pa.Table.from_pylist(features), folder / PRODUCT_FEATURES)


@pytest.fixture
def sqid(tmp_path: Path) -> Path:
    (tmp_path / "sqid").mkdir()
    write_sqid(tmp_path / "sqid")
    return tmp_path / "sqid"


def prepared(folder: Path, on_error: Any = "stop") -> Prepared:
    return prepare("sqid", folder, folder.parent / "out", on_error)


def unit(values: np.ndarray) -> np.ndarray:
    return values / np.linalg.norm(values)


def test_the_test_split_is_split_again_by_the_hash_of_the_query(sqid: Path) -> None:
    result = prepared(sqid)
    assert (result.summary.products, sum(result.summary.queries.values())) == (3, 12)
    for split in ("train", "eval"):
        queries = read_judgements(sqid.parent / "out", split)["query"].unique().to_pylist()
        assert {is_eval(query) for query in queries} == {split == "eval"}


def test_generated_files_prepare_whole(tmp_path: Path) -> None:
    write_generated_sqid(tmp_path / "sqid", scale=0.003)
    result = prepared(tmp_path / "sqid")
    described = read_description(tmp_path / "out" / "vectors")
    assert sum(result.summary.judgements.values()) == 548
    assert (result.summary.products, described.products) == (532, 532)
    assert 0.9 < described.with_image / described.products < 1


def test_addresses_come_from_the_first_file_and_then_from_the_supplement(sqid: Path) -> None:
    prepared(sqid)
    images = read_catalogue(sqid.parent / "out")["image"].to_pylist()
    assert images == ["https://a.example/1.jpg", "https://a.example/2.jpg", ""]


def test_addresses_may_be_parquet_and_have_no_supplement(sqid: Path) -> None:
    table = csv.read_csv(sqid / "product_image_urls.csv")
    parquet.write_table(table, sqid / "product_image_urls.parquet")
    for name in ("product_image_urls.csv", "supp_product_image_urls.csv"):
        (sqid / name).unlink()
    prepared(sqid)
    assert read_catalogue(sqid.parent / "out")["image"].to_pylist() == ["https://a.example/1.jpg", "", ""]


@pytest.mark.parametrize("form", [as_list, as_text, as_numpy_text])
def test_vectors_of_both_forms_are_written_with_unit_length(sqid: Path, form: Form) -> None:
    write_sqid(sqid, form)
    prepared(sqid)
    folder = sqid.parent / "out" / "vectors"
    queries = parquet.read_table(folder / "queries.parquet")
    assert queries["query_id"].to_pylist() == list(QUERIES)
    assert queries["query"].to_pylist() == list(QUERIES.values())
    expected = np.stack([unit(vector(int(n))) for n in QUERIES])
    np.testing.assert_allclose(as_matrix(queries["query_vector"]), expected, atol=1e-6)
    products = parquet.read_table(folder / "products.parquet")
    assert products.select(["product_id", "has_text", "has_image"]).to_pylist() == [
        {"product_id": "B1", "has_text": True, "has_image": True},
        {"product_id": "B2", "has_text": True, "has_image": False},
        {"product_id": "B3", "has_text": True, "has_image": False},
    ]
    image = as_matrix(products["image_vector"])
    np.testing.assert_allclose(image[0], unit(vector(101)), atol=1e-6)
    assert not image[1:].any()


def test_the_description_counts_and_its_fingerprint_follows_the_vectors(sqid: Path, monkeypatch: Any) -> None:
    prepared(sqid)
    first = read_description(sqid.parent / "out" / "vectors")
    assert json.loads((sqid.parent / "out" / "vectors" / "vectors.json").read_text())["model"] == MODEL
    assert (first.dimension, first.queries, first.products, first.with_text, first.with_image) == (768, 12, 3, 3, 1)
    monkeypatch.setattr("vitrine.data.adapters.sqid.BATCH", 2)
    prepared(sqid)
    assert read_description(sqid.parent / "out" / "vectors") == first
    rows = [{"query_id": int(n), TEXT_FEATURES: vector(int(n) + 1).tolist()} for n in QUERIES]
    parquet.write_table(pa.Table.from_pylist(rows), sqid / QUERY_FEATURES)
    prepared(sqid)
    assert read_description(sqid.parent / "out" / "vectors").fingerprint != first.fingerprint


def query_rows(bad: Any) -> list[Row]:
    rows = [{"query_id": int(n), TEXT_FEATURES: vector(int(n)).tolist()} for n in QUERIES]
    return [*rows[:3], {"query_id": 4, TEXT_FEATURES: bad}, *rows[4:]]


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([1.0, 2.0], r"query_features.parquet:4: clip_text_features '\[1.0, 2.0\]' has 2 numbers; expected 768"),
        ([float("nan")] * DIMENSION, "query_features.parquet:4: clip_text_features .* holds a number that is not fin"),
        (None, "query_features.parquet:4: query_id '4' has no clip_text_features, or one of zeros"),
    ],
)
@pytest.mark.parametrize("on_error", ["stop", "skip"])
def test_a_bad_query_vector_is_named_and_nothing_is_written(sqid: Path, bad: Any, message: str, on_error: str) -> None:
    write_sqid(sqid, query_rows=query_rows(bad))
    with pytest.raises(DataError, match=message):
        prepared(sqid, on_error)
    assert not (sqid.parent / "out").exists()


def test_a_query_with_two_rows_of_vectors_is_named(sqid: Path) -> None:
    rows = query_rows(vector(4).tolist())
    write_sqid(sqid, query_rows=[*rows, rows[0]])
    with pytest.raises(DataError, match=r"query_features.parquet:13: query_id '1' has vectors in an earlier row"):
        prepared(sqid)


@pytest.mark.parametrize("name", ["product_image_urls.csv", QUERY_FEATURES, PRODUCT_FEATURES])
def test_a_missing_file_is_named(sqid: Path, name: str) -> None:
    (sqid / name).unlink()
    with pytest.raises(DataError, match=f"{name}: No such file"):
        prepared(sqid)


def test_a_prepared_output_with_vectors_may_be_replaced(sqid: Path) -> None:
    assert prepared(sqid) == prepared(sqid)


@pytest.mark.skipif("VITRINE_REAL_DATA" not in os.environ, reason="VITRINE_REAL_DATA does not name the real data")
def test_the_published_query_vectors_are_not_of_unit_length_and_become_it() -> None:
    path = Path(os.environ["VITRINE_REAL_DATA"]) / "sqid" / QUERY_FEATURES
    count, shortest = 0, np.inf
    for batch, rows in parquet_reading.batches(path, ("query_id", TEXT_FEATURES), BATCH):
        raw = np.array(batch.column(1).flatten()).reshape(-1, DIMENSION)
        vectors, present = unit_vectors(path, batch, rows, TEXT_FEATURES, DIMENSION)
        assert present.all()
        np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
        count, shortest = count + len(vectors), min(shortest, np.linalg.norm(raw, axis=1).min())
    assert count == 8_956
    assert shortest > 1


@pytest.mark.parametrize("judgements", ["derived", "none"])
def test_the_published_vectors_are_for_the_published_queries_only(tmp_path: Path, judgements: Any) -> None:
    write_sqid(tmp_path)
    with pytest.raises(ConfigError, match=f"--judgements {judgements}: sqid has vectors for its own queries only"):
        prepare("sqid", tmp_path, tmp_path / "out", judgements=judgements)
