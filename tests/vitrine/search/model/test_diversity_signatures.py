"""Tests of the signatures that order ranked products: those of the catalogue, and given ones."""

import numpy as np
import pytest
import tensorflow as tf

from vitrine.search.build.assembly import build_search_model
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.settings import SearchSettings


@pytest.fixture(scope="module")
def model(products, sides, encoder, classifier_dir):
    return build_search_model(products, *sides, encoder, classifier_dir, SearchSettings(top_k=6, candidates=12))


@pytest.fixture(scope="module")
def signatures(model):
    return model.signatures()


@pytest.fixture(scope="module")
def ranked(model):
    queries = tf.constant(["red mug", "blue chair"])
    answer = RankingSignatures(model).rank_text(queries, model.embed_text(queries)["embedding"], tf.fill([2], ""))
    return {name: answer[name] for name in ("product_id", "score")}


def diversities(value, count=2):
    return tf.fill([count], np.float32(value))


def vectors_of(model, product_id):
    rows = tf.reshape(model.products.rows(tf.reshape(product_id, [-1])), product_id.shape)
    text, image = model.products.vectors.gather(rows)
    has = {name: model.products.vectors.has(side, rows) for side, name in ((1, "has_text"), (2, "has_image"))}
    return {"text_vector": text, "image_vector": image, **has}


def test_a_ranking_keeps_its_order_without_diversity(signatures, ranked):
    order = signatures["diversify"](**ranked, diversity=diversities(0.0))["order"]
    assert order.numpy().tolist() == [list(range(12))] * 2


def test_more_diversity_brings_products_that_are_less_alike(model, signatures, ranked):
    def likeness(value):
        order = signatures["diversify"](**ranked, diversity=diversities(value))["order"][:, :5]
        text, image = model.products.vectors.gather(
            model.products.rows(tf.gather(ranked["product_id"], order, batch_dims=1)[0])
        )
        return float(tf.reduce_mean(text @ tf.transpose(text)) + tf.reduce_mean(image @ tf.transpose(image)))

    assert likeness(0.0) > likeness(0.5) > likeness(0.9)


@pytest.mark.parametrize("diversity", [0.0, 0.4, 1.0])
def test_given_products_are_ordered_as_those_of_the_catalogue(model, signatures, ranked, diversity):
    own = signatures["diversify"](**ranked, diversity=diversities(diversity))["order"]
    vectors = vectors_of(model, ranked["product_id"])
    given = signatures["diversify_given"](**ranked, diversity=diversities(diversity), **vectors)["order"]
    assert given.numpy().tolist() == own.numpy().tolist()


def test_products_without_an_id_and_unknown_ones_come_last(signatures):
    ids, score = tf.constant([["", "red-mug", "no such id", "red-shoe"]]), tf.constant([[0.0, 0.9, 0.8, 0.7]])
    order = signatures["diversify"](product_id=ids, score=score, diversity=diversities(0.5, 1))["order"]
    assert order.numpy().tolist() == [[1, 3, 0, 2]]


@pytest.mark.parametrize(("beyond", "limit"), [(-1.0, 0.0), (7.0, 1.0)])
def test_a_diversity_outside_its_range_is_limited_to_it(signatures, ranked, beyond, limit):
    orders = [
        signatures["diversify"](**ranked, diversity=diversities(value))["order"].numpy() for value in (beyond, limit)
    ]
    np.testing.assert_array_equal(*orders)


@pytest.mark.parametrize("name", ["diversify", "diversify_given"])
def test_an_empty_batch_is_answered_with_an_empty_batch(signatures, name):
    shapes = {spec.name: [0, *(3 if size is None else size for size in spec.shape[1:])]
              for spec in signatures[name].input_signature}  # fmt: skip
    empty = {spec.name: tf.zeros(shapes[spec.name], spec.dtype) for spec in signatures[name].input_signature}
    assert signatures[name](**empty)["order"].shape == (0, 3)
