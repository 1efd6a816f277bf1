"""Tests of candidates by similarity, words and ids, through the signatures that return them."""

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from vitrine.labels import CLASS_IDS
from vitrine.saved_model.session import SavedModelSession
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.model.given_products import input_specs
from vitrine.search.model.ranking_signatures import RankingSignatures
from vitrine.search.model.reranking_signatures import RerankingSignatures
from vitrine.search.settings import LexicalSettings, SearchSettings, SearchWeights

QUERIES = ("red mug", "shirt", "white", "nothing like it", "")


@pytest.fixture(scope="module")
def blind(products, sides):
    """The products with one vector for all: similarity distinguishes none of them."""
    text, _, has_text, has_image = sides
    return products, np.broadcast_to(text[0], text.shape), None, np.ones_like(has_text), np.zeros_like(has_image)


def build(blind, encoder, classifier_dir, index="exact", candidates=6, **weights):
    settings = SearchSettings(top_k=4, candidates=candidates, index=index, lists=2, probes=2)
    given = SearchWeights(**{"lexical": 1.0, "coverage": 2.0, "blend": 0.5} | weights)
    return build_search_model(*blind, encoder, classifier_dir, settings, given)


@pytest.fixture(scope="module", params=["exact", "ivf"])
def model(request, blind, encoder, classifier_dir):
    return build(blind, encoder, classifier_dir, request.param)


def ranked(model, *queries, allowed=b""):
    words = tf.constant(queries)
    vectors = model.embed_text(words)["embedding"]
    answer = RankingSignatures(model).rank_text(words, vectors, tf.constant([allowed] * len(queries)))
    return [[name.decode() for name in row if name] for row in answer["product_id"].numpy()], answer


def test_words_find_what_similarity_does_not(model):
    found, _ = ranked(model, "shirt")
    assert {"red-shirt", "green-shirt", "blue-shirt", "white-shirt"} <= set(found[0])


def test_each_candidate_is_found_once(model):
    found, _ = ranked(model, *QUERIES)
    assert [len(set(names)) for names in found] == [6] * len(QUERIES)


def test_a_query_has_the_same_candidates_in_any_batch(model):
    together, _ = ranked(model, *QUERIES)
    assert [ranked(model, query)[0][0] for query in QUERIES] == together


@pytest.mark.parametrize("query", QUERIES)
def test_every_signature_gives_a_product_the_same_score(model, query):
    found, answer = ranked(model, query)
    searched = model.search(tf.constant([query]))
    assert [name.decode() for name in searched["product_id"].numpy()[0]] == found[0][:4]
    np.testing.assert_allclose(searched["score"][0], answer["score"][0, :4], atol=1e-6)
    pairs = model.score(tf.constant([query] * 6), answer["product_id"][0])
    np.testing.assert_allclose(pairs["score"], answer["score"][0], atol=1e-6)


def test_a_product_that_is_no_candidate_is_scored_by_its_words_too(model):
    found, _ = ranked(model, "red mug")
    others = sorted({f"white-{thing}" for thing in ("lamp", "shirt", "chair")} - set(found[0]))
    named = ranked(model, *(name.replace("-", " ") for name in others))[1]["score"].numpy()[:, 0]
    for name, best in zip(others, named, strict=True):
        query = tf.constant([name.replace("-", " "), "red mug"])
        score = model.score(query, tf.constant([name, name]))["score"].numpy()
        assert score[0] == pytest.approx(best, abs=1e-6)
        assert score[1] < score[0]


def test_a_filter_holds_for_words_and_ids(model, products):
    names = products["product_id"].to_pylist()
    mask = np.array([not name.endswith("shirt") for name in names])
    found, _ = ranked(model, "shirt", "red-shirt", allowed=np.packbits(mask, bitorder="little").tobytes())
    assert not any(name.endswith("shirt") for row in found for name in row)
    assert all(len(row) == 6 for row in found)


@pytest.mark.parametrize("lexical", [0.0, 1.0])
@pytest.mark.parametrize("blend", [0.0, 1.0])
@pytest.mark.parametrize("query", ["white-chair", " white-chair\n", "WHITE-CHAIR"])
def test_an_id_finds_its_product(blind, encoder, classifier_dir, lexical, blend, query):
    model = build(blind, encoder, classifier_dir, lexical=lexical, coverage=lexical, blend=blend)
    assert ranked(model, query)[0][0][0] == "white-chair"
    assert model.search(tf.constant([query]))["product_id"].numpy()[0, 0] == b"white-chair"


def test_without_lexical_settings_no_word_counts(blind, encoder, classifier_dir):
    settings = SearchSettings(lexical=LexicalSettings(enabled=False))
    model = build_search_model(*blind, encoder, classifier_dir, settings, SearchWeights(lexical=1.0))
    assert model.words is None
    assert not any("posting" in variable.name for variable in model.variables)


def test_the_exported_model_answers_in_a_session(model, tmp_path):
    export_search_model(model, tmp_path)
    served = SavedModelSession(tmp_path)
    answer = served.signature("serving_default").run({"query": np.array([b"white shirt", b"red-lamp"], object)})
    expected = model.search(tf.constant(["white shirt", "red-lamp"]))
    assert answer["product_id"].tolist() == expected["product_id"].numpy().tolist()
    assert answer["product_id"][:, 0].tolist() == [b"white-shirt", b"red-lamp"]
    np.testing.assert_allclose(answer["score"], expected["score"], atol=1e-6)


@pytest.mark.parametrize("blend", [0.0, 0.5, 1.0])
def test_a_product_of_another_measurement_is_neither_first_nor_exact(blend, encoder, classifier_dir):
    titles = ["mug 250 ml", "mug 450 ml", "mug"]
    table = pa.table({"product_id": ["other", "same", "unknown"], "title": titles})
    present, vector = np.ones(3, bool), encoder.encode_text(["450 ml mug"])
    sides = (np.repeat(vector, 3, axis=0), None, present, ~present)
    model = build((table, *sides), encoder, classifier_dir, candidates=3, blend=blend, contradiction=6.0)
    for query in ("mug 450ml", "mug 0.45 l"):
        found, answer = ranked(model, query)
        assert found[0][0] == "same"
        assert found[0][-1] == "other"
        assert answer["esci"][0, -1].numpy().argmax() != CLASS_IDS["E"]
        classified = model.classify(tf.constant([query] * 3), tf.constant(found[0]))
        np.testing.assert_allclose(classified["esci"], answer["esci"][0], atol=1e-6)
        scored = model.score(tf.constant([query] * 3), tf.constant(found[0]))
        np.testing.assert_allclose(scored["score"], answer["score"][0], atol=1e-6)
        given = {name: tf.constant([table[name].to_pylist()]) for name in ("product_id", "title")}
        given |= {name: tf.constant([[""] * 3]) for name in ("description", "brand", "color", "category")}
        vectors = tf.repeat(vector[np.newaxis], 3, axis=1)
        embedding = model.embed_text(tf.constant([query]))["embedding"]
        flags = {"has_text": tf.constant([[True] * 3]), "has_image": tf.constant([[False] * 3])}
        inputs = given | flags | {"text_vector": vectors, "image_vector": tf.zeros_like(vectors)}
        ordered = [inputs[name] for name in input_specs(model.dimension)]
        reranked = RerankingSignatures(model, 3).rerank_text(tf.constant([query]), embedding, *ordered)
        np.testing.assert_allclose(reranked["score"], answer["score"], atol=1e-5)
    assert ranked(model, "mug 300 ml")[0][0][0] == "unknown"
