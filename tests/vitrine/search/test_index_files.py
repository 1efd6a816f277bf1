import json

import faiss
import numpy as np
import pytest
from pyarrow import parquet

from vitrine.search.fusion import calibrated, coefficients, fold
from vitrine.search.index_files import read_titles, write_index
from vitrine.search.products import Products
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module")
def items(products, sides):
    return Products.of(products, *sides)


@pytest.mark.parametrize("index", ["exact", "ivf"])
def test_faiss_ranks_by_the_search_vectors(items, encoder, tmp_path, index):
    weights = calibrated(items)
    write_index(tmp_path, items, weights, SearchSettings(index=index, lists=4, probes=4), "f" * 64)
    query = np.append(encoder.encode_text(["red mug"])[0], 1).astype(np.float32)
    scores, rows = faiss.read_index(str(tmp_path / "index.faiss")).search(query[None], 5)
    coefficient = coefficients(weights.text_query, items)
    expected = fold(coefficient, items) @ query[:-1] + coefficient[:, 2]
    assert rows[0].tolist() == np.argsort(-expected, kind="stable")[:5].tolist()
    assert scores[0] == pytest.approx(np.sort(expected)[::-1][:5], rel=1e-4)


def test_the_vectors_file_keeps_ids_titles_and_vectors(items, tmp_path):
    write_index(tmp_path, items, calibrated(items), SearchSettings(), "f" * 64)
    table = parquet.read_table(tmp_path / "vectors.parquet")
    assert table["product_id"].to_pylist() == items.ids
    assert str(table.schema.field("text_vector").type) == "fixed_size_list<element: float>[32]"
    assert str(table.schema.field("search_vector").type) == "fixed_size_list<element: float>[33]"
    assert table["image_vector"].to_pylist()[3] == [0] * 32
    assert read_titles(tmp_path)["red-mug"] == "red mug"


def test_the_description_records_encoder_sizes_and_weights(items, tmp_path):
    weights = calibrated(items)
    write_index(tmp_path, items, weights, SearchSettings(), "f" * 64)
    description = json.loads((tmp_path / "index.json").read_text())
    assert description["dimension"] == 32
    assert description["count"] == 20
    assert description["fingerprint"] == "f" * 64
    assert description["faiss"] == "IndexFlatIP"
    assert type(weights).model_validate(description["weights"]) == weights
