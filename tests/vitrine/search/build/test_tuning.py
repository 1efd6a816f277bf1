import numpy as np
import pyarrow as pa
import pytest

from tests.embedding_folders import write_folder
from vitrine.errors import DataError
from vitrine.search.build.catalogue_ranking import word_scores
from vitrine.search.build.judged_pairs import JudgedPairs, expected_gains, pair_similarities
from vitrine.search.build.tuning import choose_weight, fit_fusion, fit_words, image_query_pairs, scale, tune
from vitrine.search.index.lexical_index import build_lexical_index
from vitrine.search.model.scorer import load_classifier
from vitrine.search.products import Products
from vitrine.search.settings import Fusion, LexicalSettings, SearchWeights


@pytest.fixture(scope="module")
def items(products, sides):
    return Products.of(products, *sides)


@pytest.fixture(scope="module")
def judged(products, encoder, tmp_path_factory):
    """Judgements of each text "colour thing" with all products: the same thing in that colour is exact."""
    ids = products["product_id"].to_pylist()
    rows = []
    for number, wanted in enumerate(ids):
        colour, thing = wanted.split("-")
        for other in ids:
            label = (
                "E" if other == wanted else "S" if other.endswith(thing) else "C" if other.startswith(colour) else "I"
            )
            rows.append((f"q{number}", f"{colour} {thing}", other, label))
    names = ("query_id", "query", "product_id", "esci_label")
    judgements = pa.table(dict(zip(names, map(list, zip(*rows, strict=True)), strict=True)))
    texts = {row[0]: row[1] for row in rows}
    vectors = encoder.encode_text(list(texts.values()))
    lists = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    table = pa.table({"query_id": list(texts), "query_vector": lists})
    return judgements, write_folder(tmp_path_factory.mktemp("queries"), table)


def test_tuning_ranks_the_train_pairs_better_than_the_defaults(items, judged, classifier_dir):
    judgements, queries = judged
    classifier = load_classifier(classifier_dir)
    weights = tune(items, judgements, queries, classifier)
    pairs = JudgedPairs.of(judgements, queries, items)
    gains = np.clip(expected_gains(pairs, items, classifier), 1e-4, 1 - 1e-4)

    def final_ndcg(weights: SearchWeights) -> float:
        from vitrine.search.fusion import combine

        fusion = weights.text_query
        similarity = combine(fusion, items, pairs.row, *pair_similarities(pairs, items))
        by_similarity = fusion.slope * similarity + fusion.intercept
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


def test_words_that_tell_nothing_have_no_weight(products, items, judged):
    pairs = JudgedPairs.of(*judged, items)
    same = products.set_column(1, "title", pa.array(["red thing"] * len(products)))
    titles = Products.of(same, items.text_vectors, None, items.has_text, np.zeros_like(items.has_image))
    index = build_lexical_index(titles, LexicalSettings(fields={"title": 1.0}))
    fusion, weights = fit_words(Fusion(), pairs, items, index, word_scores(index, pairs.query, pairs.row))
    assert (fusion, weights.tolist()) == (Fusion(), [0, 0])


def test_platt_scaling_recovers_probabilities():
    rng = np.random.default_rng(0)
    similarity = rng.normal(size=20_000)
    exact = rng.random(20_000) < 1 / (1 + np.exp(-(2 * similarity - 1)))
    fitted = scale(Fusion(), similarity, exact)
    assert fitted.slope == pytest.approx(2, abs=0.1)
    assert fitted.intercept == pytest.approx(-1, abs=0.1)


def test_similarity_never_counts_against_a_product():
    similarity = np.linspace(-1, 1, 100)
    assert scale(Fusion(), similarity, similarity < 0).slope == 0.05
    assert scale(Fusion(), similarity, np.ones(100, bool)) == Fusion()


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


def test_the_median_of_equally_good_weights_is_chosen():
    same = np.full(50, 0.5)
    assert choose_weight(lambda _: same) == 0.5
    assert choose_weight(lambda weight: same + 0.01 * (abs(weight - 0.15) < 0.01)) == pytest.approx(0.15)


@pytest.mark.parametrize(("queries", "distance"), [(30, 0.3), (30_000, 0.06)])
def test_many_queries_choose_more_precisely_than_a_few(queries, distance):
    rng = np.random.default_rng(0)

    def ndcg(weight: float) -> np.ndarray:
        return 0.6 - 0.2 * (weight - 0.8) ** 2 + rng.normal(0, 0.05, queries)

    assert choose_weight(ndcg) == pytest.approx(0.8, abs=distance)


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
