import json

import faiss
import numpy as np
import pytest
from pyarrow import parquet

from vitrine.search.faiss_file import FaissLists
from vitrine.search.fusion import FusedVectors, calibrated
from vitrine.search.index_files import read_titles, write_index
from vitrine.search.products import Products
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module")
def items(products, sides):
    return Products.of(products, *sides)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
@pytest.mark.parametrize("count", [0, 4])
def test_faiss_ranks_by_the_search_vectors(items, encoder, tmp_path, count, precision):
    weights = calibrated(items)
    lists = FaissLists(np.eye(count, 33, dtype=np.float32), np.arange(items.count) % count, count) if count else None
    write_index(tmp_path, items, weights, SearchSettings(precision=precision), "f" * 64, lists=lists)
    query = np.append(encoder.encode_text(["red mug"])[0], 1).astype(np.float32)
    scores, rows = faiss.read_index(str(tmp_path / "index.faiss")).search(query[None], 5)
    fused = FusedVectors(weights.text_query, items)
    expected = fused[:] @ query[:-1] + fused.bias
    assert rows[0].tolist() == np.argsort(-expected, kind="stable")[:5].tolist()
    assert scores[0] == pytest.approx(np.sort(expected)[::-1][:5], rel=1e-4 if precision == "float32" else 0.02)


def test_the_vectors_file_keeps_ids_titles_and_vectors(items, tmp_path):
    write_index(tmp_path, items, calibrated(items), SearchSettings(), "f" * 64)
    table = parquet.read_table(tmp_path / "vectors.parquet")
    assert table["product_id"].to_pylist() == items.ids
    assert str(table.schema.field("text_vector").type) == "fixed_size_list<element: float>[32]"
    assert table["image_vector"].to_pylist()[3] == [0] * 32
    assert read_titles(tmp_path)["red-mug"] == "red mug"


def test_a_catalogue_without_images_has_no_image_vectors_in_its_file(products, sides, tmp_path):
    texts = Products.of(products, sides[0], None, sides[2], np.zeros(20, bool))
    write_index(tmp_path, texts, calibrated(texts), SearchSettings(), "f" * 64)
    names = parquet.read_schema(tmp_path / "vectors.parquet").names
    assert "text_vector" in names
    assert "image_vector" not in names


def test_the_description_records_encoder_sizes_and_weights(items, tmp_path):
    weights = calibrated(items)
    write_index(tmp_path, items, weights, SearchSettings(), "f" * 64)
    description = json.loads((tmp_path / "index.json").read_text())
    assert description["dimension"] == 32
    assert description["count"] == 20
    assert description["fingerprint"] == "f" * 64
    assert description["faiss"] == "IndexFlatIP, float32"
    assert type(weights).model_validate(description["weights"]) == weights
