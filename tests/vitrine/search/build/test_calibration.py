import random

import numpy as np
import pytest

from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.calibration import gibberish, measure_confidence, separate
from vitrine.search.build.export import export_search_model
from vitrine.search.exported_model import ExportedModel
from vitrine.search.settings import SearchSettings
from vitrine.text.inflection import Vocabulary

COLOURS, THINGS = ("red", "green", "blue", "white"), ("mug", "shoe", "lamp", "shirt")
QUERIES = [f"{kind}{colour} {thing}" for kind in ("", "nice ", "a ") for colour in COLOURS for thing in THINGS]


@pytest.fixture(scope="module")
def vocabulary(products):
    return Vocabulary.of(products["title"]).terms


@pytest.fixture(scope="module")
def served(products, sides, encoder, classifier_dir, tmp_path_factory):
    directory = tmp_path_factory.mktemp("model")
    module = build_search_model(products, *sides, encoder, classifier_dir, SearchSettings(top_k=6, candidates=12))
    export_search_model(module, directory)
    return ExportedModel(directory)


def test_real_queries_pass_and_gibberish_does_not(served, products, vocabulary):
    confidence = measure_confidence(served, QUERIES, products["product_id"].to_pylist(), vocabulary)

    def rejected_share(queries):
        scores = served.candidate_scores(queries)
        return np.mean(
            [confidence.is_junk(query, score, vocabulary) for query, score in zip(queries, scores, strict=True)]
        )

    rng = random.Random(7)
    assert rejected_share(["red mug", "blue shoe", "nice white lamp", "shirt"]) == 0
    assert rejected_share([gibberish(query, rng) for query in QUERIES]) >= 0.9


def test_words_of_queries_are_known_and_random_pairs_are_the_background(served, products, vocabulary):
    ids = products["product_id"].to_pylist()
    confidence = measure_confidence(served, QUERIES, ids, vocabulary)
    assert confidence.words == {"nice", "a"}
    comparable = confidence.comparable(served.score(["red mug"] * len(ids), ids))
    assert ids[int(comparable.argmax())] == "red-mug"
    assert comparable.max() > 1


def test_calibration_is_deterministic(served, products, vocabulary):
    ids = products["product_id"].to_pylist()
    assert measure_confidence(served, QUERIES, ids, vocabulary) == measure_confidence(served, QUERIES, ids, vocabulary)


@pytest.mark.parametrize("queries", [[], QUERIES[:10]])
def test_with_few_queries_nothing_is_junk(served, products, vocabulary, queries):
    confidence = measure_confidence(served, queries, products["product_id"].to_pylist(), vocabulary)
    assert confidence.weights == (0, 0, 0)
    assert not confidence.is_junk("xqzt", np.array([0.01], np.float32), vocabulary)


def test_the_threshold_accepts_real_queries_if_gibberish_looks_alike():
    rng = np.random.default_rng(0)
    real, noise = rng.normal(size=(500, 3)), rng.normal(size=(500, 3))
    weights, threshold = separate(real, noise)
    assert (real @ np.array(weights) < threshold).mean() <= 0.006


def test_the_threshold_is_above_the_gibberish_and_nearer_to_it_than_to_real_queries():
    """Junk of real words lies between the two; a single misspelt query among the gibberish does not move it."""
    rng = np.random.default_rng(0)
    real, noise = rng.normal(3, 0.5, size=(200, 3)), rng.normal(-3, 0.5, size=(200, 3))
    real[0] = noise[0]
    weights, threshold = separate(real, noise)
    values, junk = real @ np.array(weights), (noise @ np.array(weights)).max()
    assert junk < threshold < (junk + np.sort(values)[2]) / 2
    assert (values < threshold).sum() == 1


def test_gibberish_has_as_many_words_and_letters():
    rng = random.Random(0)
    words = gibberish("something to drink", rng).split()
    assert [len(word) for word in words] == [9, 3, 5]
    assert words != ["something", "to", "drink"]
