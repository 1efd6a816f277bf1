import numpy as np

from benchmarks.registration import QUERIES, make_embeddings


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
