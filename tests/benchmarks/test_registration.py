import numpy as np

from benchmarks.registration import QUERIES, changed, make_embeddings
from vitrine.features.offline import view_rows
from vitrine.features.row_changes import find_changes


def test_products_have_texts_and_every_second_one_an_image():
    embeddings = make_embeddings(products=120, dimension=8)
    assert (len(embeddings.products), len(embeddings.queries), embeddings.dimension) == (120, QUERIES, 8)
    assert all(embeddings.products["title"].to_pylist())
    assert embeddings.products["has_image"].to_pylist() == [True, False] * 60
    lengths = {
        name: np.linalg.norm(embeddings.products[name].to_pylist(), axis=1) for name in ("text_vector", "image_vector")
    }
    np.testing.assert_allclose(lengths["text_vector"], 1, rtol=1e-6)
    np.testing.assert_allclose(lengths["image_vector"], [1, 0] * 60, rtol=1e-6)


def test_a_share_of_the_products_changes():
    before = make_embeddings(products=120, dimension=8)
    rows = dict(view_rows(before))
    changes = {
        view: find_changes(table, find_changes(rows[view], None).present)
        for view, table in view_rows(changed(before, 0.05))
    }
    counts = {view: (len(found.rows), len(found.removed)) for view, found in changes.items()}
    assert counts == {
        "query_text": (0, 0),
        "product_text": (6, 0),
        "product_image": (3, 0),
        "product_attributes": (6, 0),
    }
