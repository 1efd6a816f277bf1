import numpy as np
import pyarrow as pa
import pytest

from vitrine.search.build.catalogue_ranking import CatalogueRanking
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.build.text_tuning import choose_queries, fit_blend, fit_words, tune_text_queries
from vitrine.search.fusion import calibrated
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, LexicalSettings


@pytest.fixture(scope="module")
def pairs(items, judged):
    return JudgedPairs.of(*judged, items)


def test_words_that_tell_nothing_have_no_weight(products, items, pairs):
    same = products.set_column(1, "title", pa.array(["red thing"] * len(products)))
    titles = Products.of(same, items.text_vectors, None, items.has_text, np.zeros_like(items.has_image))
    index = build_lexical_index(titles, LexicalSettings(fields={"title": 1.0}))
    assert fit_words(CatalogueRanking.of(pairs, items, Fusion(), index)).tolist() == [0, 0]


def test_features_of_the_classifier_mend_a_ranking_by_noise(items, pairs, classifier_dir):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=items.text_vectors.shape).astype(np.float32)
    noisy = Products.of(items.table, noise, None, items.has_text, np.zeros_like(items.has_image))
    classifier = load_classifier(classifier_dir)
    weights = tune_text_queries(calibrated(noisy), pairs, noisy, classifier, None, validation_share=0.15)
    shared, missing = weights.features  # the share of the query's words that the title has, and its complement
    assert shared > 0 > missing
    assert not weights.counts_words


def test_without_any_gain_no_feature_counts(items, pairs, classifier_dir):
    nothing = pairs.where(pairs.gain == 0)
    weights = tune_text_queries(calibrated(items), nothing, items, load_classifier(classifier_dir), None, 0.15)
    assert weights.features == ()


def test_held_out_queries_are_chosen_first(pairs):
    every = choose_queries(pairs, validation_share=0.3)
    few = choose_queries(pairs, 0.3, ranked=len(every.held_out) + 2, classified=len(every.held_out) + 1)
    assert 0 < len(every.held_out) < len(every.classified) == len(every.ranked) == len(pairs.vectors)
    assert set(few.held_out) == set(every.held_out) < set(few.classified) < set(few.ranked)
    assert len(few.ranked) == len(few.classified) + 1 == len(few.held_out) + 2


def test_where_nothing_is_held_out_all_queries_decide(pairs):
    chosen = choose_queries(pairs, validation_share=0.0)
    assert set(chosen.held_out) == set(chosen.classified)


@pytest.mark.parametrize("right", [0.0, 1.0])
def test_the_blend_follows_what_ranks_the_catalogue(items, pairs, right):
    ranking = CatalogueRanking.of(pairs, items, Fusion(), None)
    noise = np.random.default_rng(0).normal(size=len(ranking.found))
    good, bad = ranking.pairs.gain * 10, noise
    by_score, by_gain = (bad, good) if right else (good, bad)
    assert abs(fit_blend(ranking, by_score, by_gain) - right) < 0.5
