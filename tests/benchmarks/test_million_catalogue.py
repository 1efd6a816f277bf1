import numpy as np
import pytest
from pyarrow import parquet

from benchmarks.million_catalogue import ASKED, JUDGED, JUDGEMENTS, PRODUCTS, QUERIES, VECTORS, write_catalogue
from benchmarks.million_serving import masks, rows_of
from vitrine.data.vectors.queries import all_queries
from vitrine.embeddings.table import EmbeddingTable
from vitrine.search.products import Products


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("catalogue")
    write_catalogue(folder, 3000, 32)
    return folder


def test_products_are_read_as_those_of_a_run(folder):
    products = Products.read(folder / PRODUCTS)
    assert (products.count, products.dimension, products.image_vectors) == (3000, 32, None)
    assert all(products.strings("description"))
    np.testing.assert_allclose(np.linalg.norm(products.text_vectors, axis=1), 1, atol=1e-6)


def test_half_of_the_distinct_queries_are_judged_and_nearest_to_their_product(folder):
    known = all_queries(folder / VECTORS)
    assert len(set(known.query.to_pylist())) == ASKED
    queries, judged = EmbeddingTable.open(folder / QUERIES), parquet.read_table(folder / JUDGEMENTS)
    assert (queries.rows.table.num_rows, judged.num_rows) == (ASKED // 2, JUDGED * ASKED // 2)
    vectors = Products.read(folder / PRODUCTS).text_vectors
    exact = rows_of(judged.filter(np.array(judged["esci_label"]) == "E")["product_id"].to_numpy().astype(bytes))
    asked = queries.vectors["query_vector"]
    nearer = np.einsum("qd,nd->qn", asked, vectors) > np.einsum("qd,qd->q", asked, vectors[exact])[:, None]
    assert np.median(nearer.mean(axis=1)) < 0.01


def test_filters_allow_the_named_share_of_products_and_whole_categories(folder):
    categories = EmbeddingTable.open(folder / PRODUCTS).rows.table["category"]
    allowed = masks(categories)
    assert allowed["50.0% allowed"].mean() == pytest.approx(0.5, abs=0.05)
    names = np.array(categories.to_pylist())
    kept = allowed["50% of the categories allowed"]
    assert not set(names[kept]) & set(names[~kept])
