"""Tests of whole candidate lists: filters, pages, similarities, and the same ranking as `search`."""

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search.shop import image_bytes
from vitrine.search.build.assembly import build_search_model
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module", params=["exact", "ivf"])
def model(request, products, sides, encoder, classifier_dir):
    settings = SearchSettings(top_k=6, candidates=20, index=request.param, lists=4, probes=4)
    return build_search_model(products, *sides, encoder, classifier_dir, settings)


def bits(products, condition):
    mask = np.array([condition(product_id) for product_id in products["product_id"].to_pylist()])
    return np.packbits(mask, bitorder="little").tobytes()


def ids(answer, row=0):
    return [product_id.decode() for product_id in answer["product_id"].numpy()[row] if product_id]


def text_vectors(model, queries):
    return model.embed_text(tf.constant(queries))["embedding"]


def image_vector(model, colour):
    return model.embed_image(tf.constant([image_bytes(colour)]))["embedding"]


def rank_text(model, queries, allowed=b""):
    return RankingSignatures(model).rank_text(
        tf.constant(queries), text_vectors(model, queries), tf.fill([len(queries)], allowed)
    )


def test_an_unfiltered_ranking_is_the_search_with_more_results(model):
    searched, ranked = model.search(tf.constant(["red mug", "blue shoe"])), rank_text(model, ["red mug", "blue shoe"])
    assert np.array_equal(ranked["product_id"].numpy()[:, :6], searched["product_id"].numpy())
    assert ranked["score"].numpy()[:, :6] == pytest.approx(searched["score"].numpy(), abs=1e-6)
    assert ranked["esci"].numpy()[:, :6] == pytest.approx(searched["esci"].numpy(), abs=1e-6)
    assert len(ids(ranked)) == 20


def test_only_what_is_allowed_is_found_and_all_of_it(model, products):
    blue = rank_text(model, ["red mug"], bits(products, lambda product_id: product_id.startswith("blue-")))
    assert sorted(ids(blue)) == sorted(f"blue-{thing}" for thing in ("mug", "shoe", "lamp", "shirt", "chair"))
    assert ids(blue)[0] == "blue-mug"
    assert (blue["score"].numpy()[0, len(ids(blue)) :] == 0).all()
    # The order is that of the unfiltered ranking.
    unfiltered = ids(rank_text(model, ["red mug"]))
    assert ids(blue) == [product_id for product_id in unfiltered if product_id.startswith("blue-")]


def test_nothing_allowed_is_no_result(model, products):
    assert ids(rank_text(model, ["red mug"], bits(products, lambda _: False))) == []


def test_each_query_of_a_batch_has_its_own_filter(model, products):
    allowed = [b"", bits(products, lambda product_id: product_id.endswith("-shoe"))]
    queries = ["red mug", "red mug"]
    answer = RankingSignatures(model).rank_text(
        tf.constant(queries), text_vectors(model, queries), tf.constant(allowed)
    )
    assert len(ids(answer, 0)) == 20
    assert ids(answer, 1)[0] == "red-shoe"
    assert len(ids(answer, 1)) == 4


def test_bits_of_another_catalogue_are_refused(model):
    with pytest.raises(tf.errors.InvalidArgumentError, match="allowed must be empty or 3 bytes"):
        rank_text(model, ["red mug"], b"\xff\xff")


def test_similarities_to_text_and_image_are_returned(model):
    answer = rank_text(model, ["red mug"])
    row_of = ids(answer).index
    by_text, by_image = answer["by_text"].numpy()[0], answer["by_image"].numpy()[0]
    assert by_text[row_of("red-mug")] == np.nanmax(by_text) > 1
    assert np.isnan(by_text[row_of("red-chair")])  # no text
    assert np.isnan(by_image[row_of("white-mug")])  # no image
    assert np.isfinite(by_image[row_of("red-chair")])


def test_an_image_is_ranked_as_the_search_by_image(model):
    searched = model.search_image(tf.constant([image_bytes("red")]))
    ranked = RankingSignatures(model).rank_image(image_vector(model, "red"), tf.constant([b""]))
    assert np.array_equal(ranked["product_id"].numpy()[:, :6], searched["product_id"].numpy())
    assert ranked["score"].numpy()[:, :6] == pytest.approx(searched["score"].numpy(), abs=1e-6)


def both(model, query, colour, share, allowed=b""):
    return RankingSignatures(model).rank_both(
        tf.constant([query]),
        text_vectors(model, [query]),
        image_vector(model, colour),
        tf.constant([share]),
        tf.constant([allowed]),
    )


def test_text_and_image_are_weighted_by_the_image_share(model):
    assert ids(both(model, "blue shoe", "red", 0.0))[0] == "blue-shoe"
    assert ids(both(model, "blue shoe", "red", 1.0))[0].startswith("red-")
    assert ids(both(model, "shoe", "red", 0.5))[0] == "red-shoe"


def test_rankings_of_text_and_image_can_be_filtered(model, products):
    assert set(
        ids(both(model, "shoe", "red", 0.5, bits(products, lambda product_id: product_id.endswith("-mug"))))
    ) == {f"{colour}-mug" for colour in ("red", "green", "blue", "white")}


def similar(model, product, allowed=b""):
    return RankingSignatures(model).rank_similar(tf.constant([product]), tf.constant([allowed]))


def test_similar_products_share_text_and_image_and_leave_the_product_out(model):
    answer = similar(model, "red-mug")
    assert "red-mug" not in ids(answer)
    assert len(ids(answer)) == 19
    assert all("red" in product_id or "mug" in product_id for product_id in ids(answer)[:3])


def test_a_product_without_text_or_without_image_has_similar_products(model):
    assert ids(similar(model, "red-chair"))[0].startswith("red-")
    assert {"white", "mug"} & set(ids(similar(model, "white-mug"))[0].split("-"))


def test_similar_products_can_be_filtered(model, products):
    assert all(
        product_id.endswith("-lamp")
        for product_id in ids(similar(model, "red-mug", bits(products, lambda product_id: "lamp" in product_id)))
    )


def test_nothing_is_similar_to_an_unknown_product(model):
    assert ids(similar(model, "no-such-product")) == []


@pytest.mark.parametrize("name", ["rank_text", "rank_image", "rank_both", "rank_similar"])
def test_an_empty_batch_is_answered_with_an_empty_batch(model, name):
    signature = model.signatures()[name]
    empty = {spec.name: tf.zeros([0, *spec.shape[1:]], spec.dtype) for spec in signature.input_signature}
    assert all(tensor.shape[0] == 0 for tensor in signature(**empty).values())
