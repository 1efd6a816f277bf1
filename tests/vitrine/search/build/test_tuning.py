import numpy as np
import pytest

from tests.embedding_folders import write_folder
from vitrine.errors import DataError
from vitrine.search.build.judged_pairs import JudgedPairs, classify, pair_similarities
from vitrine.search.build.tuning import fit_fusion, image_query_pairs, tune
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, LexicalSettings, SearchWeights


def test_tuning_ranks_the_train_pairs_better_than_the_defaults(items, judged, classifier_dir):
    judgements, queries = judged
    classifier = load_classifier(classifier_dir)
    weights = tune(items, judgements, queries, classifier)
    pairs = JudgedPairs.of(judgements, queries, items)
    classes = classify(pairs, items, classifier)
    gains = np.clip(classes.expected_gain, 1e-4, 1 - 1e-4)

    def final_ndcg(weights: SearchWeights) -> float:
        from vitrine.search.fusion import combine

        fusion = weights.text_query
        similarity = combine(fusion, items, pairs.row, *pair_similarities(pairs, items))
        by_similarity = fusion.slope * similarity + fusion.intercept
        if weights.features:
            by_similarity = by_similarity + classes.features @ np.array(weights.features)
        return pairs.ndcg((1 - weights.blend) * by_similarity + weights.blend * np.log(gains / (1 - gains))).mean()

    assert final_ndcg(weights) >= final_ndcg(SearchWeights()) - 1e-9
    assert weights.text_query.text.std != 1.0  # calibrated
    assert weights.text_query.text_weight > 0.5  # these images show colours only, the texts describe everything
    assert weights.image_query.text_weight <= 0.5  # an image query is for the image


def test_useless_image_vectors_get_no_weight(items, judged):
    rng = np.random.default_rng(0)
    noise = rng.normal(size=items.image_vectors.shape).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    noisy = Products.of(items.table, items.text_vectors, noise, items.has_text, items.has_image)
    pairs = JudgedPairs.of(*judged, noisy)
    assert fit_fusion(Fusion(), pairs, noisy).text_weight >= 0.8


def test_words_have_a_weight_where_similarity_finds_less_than_words(products, sides, judged, classifier_dir):
    text, _, has_text, has_image = sides
    rng = np.random.default_rng(0)
    noise = rng.normal(size=text.shape).astype(np.float32)
    noisy = Products.of(products, noise, None, np.ones_like(has_text), np.zeros_like(has_image))
    index = build_lexical_index(noisy, LexicalSettings())
    weights = tune(noisy, *judged, load_classifier(classifier_dir), lexical=index)
    assert weights.counts_words
    assert not tune(noisy, *judged, load_classifier(classifier_dir)).counts_words


def test_images_of_exact_products_are_used_as_image_queries(items, judged):
    pairs = JudgedPairs.of(*judged, items)
    image_pairs = image_query_pairs(pairs, items)
    with_image = int(items.has_image.sum())  # each product is exact for one query
    assert len(image_pairs.vectors) == with_image
    assert len(image_pairs.row) == with_image * (items.count - 1)  # the rest of the pool, not itself
    assert np.allclose(image_pairs.vectors, items.image_vectors[items.has_image])
    first = image_pairs.where(image_pairs.vector == 0)
    assert set(first.query) == {"red mug"}
    assert "red-mug" not in {items.ids[row] for row in first.row}


def test_without_judgements_the_calibrated_defaults_are_kept(items, judged, classifier_dir):
    judgements, queries = judged
    weights = tune(items, judgements.slice(0, 0), queries, load_classifier(classifier_dir))
    assert weights.blend == SearchWeights().blend
    assert weights.text_query.text.std != 1.0


def test_a_judgement_without_vectors_is_named(items, judged, classifier_dir, tmp_path):
    judgements, queries = judged
    others = write_folder(tmp_path, queries.with_vectors().slice(1))
    with pytest.raises(DataError, match="query_id 'q0'"):
        tune(items, judgements, others, load_classifier(classifier_dir))
