"""Whole candidate lists: filtered, paged, explained, and the same ranking as `search`."""

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search.shop import picture
from vitrine.search.build.assembly import build_search_model
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module", params=["exact", "ivf"])
def model(request, products, sides, encoder, classifier_dir):
    settings = SearchSettings(top_k=6, candidates=20, index=request.param, lists=4, probes=4)
    return build_search_model(products, *sides, encoder, classifier_dir, settings)


def bits(products, chosen):
    mask = np.array([chosen(one) for one in products["product_id"].to_pylist()])
    return np.packbits(mask, bitorder="little").tobytes()


def ids(answer, row=0):
    return [one.decode() for one in answer["product_id"].numpy()[row] if one]


def words(model, queries):
    return model.embed_text(tf.constant(queries))["embedding"]


def looks(model, colour):
    return model.embed_image(tf.constant([picture(colour)]))["embedding"]


def ask(model, queries, allowed=b""):
    return RankingSignatures(model).rank_text(
        tf.constant(queries), words(model, queries), tf.fill([len(queries)], allowed)
    )


def test_everything_allowed_is_the_search_with_more_results(model):
    searched, ranked = model.search(tf.constant(["red mug", "blue shoe"])), ask(model, ["red mug", "blue shoe"])
    assert np.array_equal(ranked["product_id"].numpy()[:, :6], searched["product_id"].numpy())
    assert ranked["score"].numpy()[:, :6] == pytest.approx(searched["score"].numpy(), abs=1e-6)
    assert ranked["esci"].numpy()[:, :6] == pytest.approx(searched["esci"].numpy(), abs=1e-6)
    assert len(ids(ranked)) == 20


def test_only_what_is_allowed_is_found_and_all_of_it(model, products):
    blue = ask(model, ["red mug"], bits(products, lambda one: one.startswith("blue-")))
    assert sorted(ids(blue)) == sorted(f"blue-{thing}" for thing in ("mug", "shoe", "lamp", "shirt", "chair"))
    assert ids(blue)[0] == "blue-mug"
    found = len(ids(blue))
    assert (blue["score"].numpy()[0, found:] == 0).all()
    # As everywhere else, but for what is not there.
    everything = ids(ask(model, ["red mug"]))
    assert ids(blue) == [one for one in everything if one.startswith("blue-")]


def test_nothing_allowed_is_no_result(model, products):
    assert ids(ask(model, ["red mug"], bits(products, lambda _: False))) == []


def test_each_query_of_a_batch_has_its_own_filter(model, products):
    allowed = [b"", bits(products, lambda one: one.endswith("-shoe"))]
    queries = ["red mug", "red mug"]
    answer = RankingSignatures(model).rank_text(tf.constant(queries), words(model, queries), tf.constant(allowed))
    assert len(ids(answer, 0)) == 20
    assert ids(answer, 1)[0] == "red-shoe"
    assert len(ids(answer, 1)) == 4


def test_bits_of_another_catalogue_are_refused(model):
    with pytest.raises(tf.errors.InvalidArgumentError, match="allowed must be empty or 3 bytes"):
        ask(model, ["red mug"], b"\xff\xff")


def test_each_side_says_how_much_it_matched(model):
    answer = ask(model, ["red mug"])
    at = ids(answer).index
    by_text, by_image = answer["by_text"].numpy()[0], answer["by_image"].numpy()[0]
    assert by_text[at("red-mug")] == np.nanmax(by_text) > 1
    assert np.isnan(by_text[at("red-chair")])  # it has no words
    assert np.isnan(by_image[at("white-mug")])  # and this no picture
    assert np.isfinite(by_image[at("red-chair")])


def test_a_picture_is_ranked_as_the_search_by_picture(model):
    searched = model.search_image(tf.constant([picture("red")]))
    ranked = RankingSignatures(model).rank_image(looks(model, "red"), tf.constant([b""]))
    assert np.array_equal(ranked["product_id"].numpy()[:, :6], searched["product_id"].numpy())
    assert ranked["score"].numpy()[:, :6] == pytest.approx(searched["score"].numpy(), abs=1e-6)


def both(model, query, colour, share, allowed=b""):
    return RankingSignatures(model).rank_both(
        tf.constant([query]), words(model, [query]), looks(model, colour), tf.constant([share]), tf.constant([allowed])
    )


def test_words_and_picture_are_weighed(model):
    assert ids(both(model, "blue shoe", "red", 0.0))[0] == "blue-shoe"
    assert ids(both(model, "blue shoe", "red", 1.0))[0].startswith("red-")
    assert ids(both(model, "shoe", "red", 0.5))[0] == "red-shoe"


def test_words_and_picture_can_be_filtered(model, products):
    assert set(ids(both(model, "shoe", "red", 0.5, bits(products, lambda one: one.endswith("-mug"))))) == {
        f"{colour}-mug" for colour in ("red", "green", "blue", "white")
    }


def similar(model, product, allowed=b""):
    return RankingSignatures(model).rank_similar(tf.constant([product]), tf.constant([allowed]))


def test_similar_products_share_words_and_looks_and_leave_the_product_out(model):
    answer = similar(model, "red-mug")
    assert "red-mug" not in ids(answer)
    assert len(ids(answer)) == 19
    assert all("red" in one or "mug" in one for one in ids(answer)[:3])


def test_a_product_without_words_or_without_a_picture_has_similar_ones(model):
    assert ids(similar(model, "red-chair"))[0].startswith("red-")
    assert {"white", "mug"} & set(ids(similar(model, "white-mug"))[0].split("-"))


def test_similar_products_can_be_filtered(model, products):
    assert all(
        one.endswith("-lamp") for one in ids(similar(model, "red-mug", bits(products, lambda one: "lamp" in one)))
    )


def test_nothing_is_similar_to_an_unknown_product(model):
    assert ids(similar(model, "no-such-product")) == []


@pytest.mark.parametrize("name", ["rank_text", "rank_image", "rank_both", "rank_similar"])
def test_an_empty_batch_is_answered_with_an_empty_batch(model, name):
    signature = model.signatures()[name]
    empty = {spec.name: tf.zeros([0, *spec.shape[1:]], spec.dtype) for spec in signature.input_signature}
    assert all(tensor.shape[0] == 0 for tensor in signature(**empty).values())
