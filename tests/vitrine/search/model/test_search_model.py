import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf

from tests.vitrine.search.shop import HashingEncoder, image_bytes
from vitrine.cross_encoder.calibrated import Calibration
from vitrine.errors import DataError
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.model.given_products import input_specs
from vitrine.search.model.last_stage import LastStage
from vitrine.search.settings import SearchSettings, SearchWeights
from vitrine.text.product_texts import product_texts


def exported_signatures(module, directory):
    export_search_model(module, directory)
    return tf.saved_model.load(str(directory)).signatures


def logit(probability: float) -> float:
    return float(np.log(probability / (1 - probability)))


def ids(answer, row=0, count=None):
    return [product_id.decode() for product_id in answer["product_id"].numpy()[row][:count]]


@pytest.fixture(scope="module")
def model(products, sides, encoder, classifier_dir):
    return build_search_model(products, *sides, encoder, classifier_dir, SearchSettings(top_k=6, candidates=12))


@pytest.fixture(scope="module")
def signatures(model, tmp_path_factory):
    return exported_signatures(model, tmp_path_factory.mktemp("model"))


EXPLAINED = (
    *("known", "passes", "by_text", "by_image", "similarity", "text_rank", "image_rank", "similarity_rank"),
    *("found_by_similarity", "found_by_words", "found_by_id", "lexical", "coverage", "word_rank", "contradiction"),
    *("named", "candidate_log_odds", "last_candidate_log_odds", "candidate_rank", "features", "gain"),
    *("blended_log_odds", "blended_score", "blended_rank", "read", "read_gain", "score", "rank"),
)
"""The outputs of `explain_text` that are one value for each pair."""


def test_the_signatures_have_the_contract_names_types_and_shapes(signatures):
    ranked = dict.fromkeys(("product_id", "score", "by_text", "by_image"), (None, 12)) | {"esci": (None, 12, 4)}
    reranked = {name: (None, None, *shape[2:]) for name, shape in ranked.items()}
    both = {"query": (None,), "text_embedding": (None, 32), "image_embedding": (None, 32), "image_share": (None,)}
    given = {name: tuple(spec.shape) for name, spec in input_specs(32).items()}
    vectors = {name: given[name] for name in ("text_vector", "image_vector", "has_text", "has_image")}
    relevance = {
        "relevance": (None, 4, 4), "similarity": (None,), "region_share": (None,), "keeps_ratio": (None,),
    }  # fmt: skip
    diversified = {"product_id": (None, None), "score": (None, None), "diversity": (None,)}
    expected = {
        "serving_default": ({"query": (None,)}, {"product_id": (None, 6), "score": (None, 6), "esci": (None, 6, 4)}),
        "search_image": ({"image_bytes": (None,)}, {"product_id": (None, 6), "score": (None, 6), "esci": (None, 6, 4)}),
        "search_embedding": ({"embedding": (None, 32)}, {"product_id": (None, 6), "score": (None, 6)}),
        "embed_text": ({"query": (None,)}, {"embedding": (None, 32)}),
        "embed_image": ({"image_bytes": (None,)}, {"embedding": (None, 32)}),
        "classify": ({"query": (None,), "product_id": (None,)}, {"esci": (None, 4)}),
        "score": ({"query": (None,), "product_id": (None,)}, {"score": (None,), "similarity": (None,)}),
        "rank_text": ({"query": (None,), "embedding": (None, 32), "allowed": (None,)}, ranked),
        "rank_similar": ({"product_id": (None,), "allowed": (None,)}, ranked),
        "rank_image": ({"embedding": (None, 32), "allowed": (None,)}, ranked),
        "rank_both": ({**both, "allowed": (None,)}, ranked),
        "rerank_text": ({"query": (None,), "embedding": (None, 32), **given}, reranked),
        "rerank_both": ({**both, **given}, reranked),
        "diversify": (diversified, {"order": (None, None)}),
        "diversify_given": ({**diversified, **vectors}, {"order": (None, None)}),
        "explain_text": (
            {"query": (None,), "embedding": (None, 32), "allowed": (None,), "product_id": (None,)},
            {
                **dict.fromkeys(EXPLAINED, (None,)),
                **dict.fromkeys(("words", "word_idf", "word_score"), (None, 16)),
                **dict.fromkeys(("classified", "esci"), (None, 4)),
            },
        ),
        "explain_image": ({"query": (None,), "image_bytes": (None,)}, relevance),
        "explain_image_embedding": ({"embedding": (None, 32), "image_bytes": (None,)}, relevance),
    }
    shapes = {
        name: (
            {key: tuple(spec.shape) for key, spec in function.structured_input_signature[1].items()},
            {key: tuple(spec.shape) for key, spec in function.structured_outputs.items()},
        )
        for name, function in signatures.items()
    }
    assert shapes == expected
    assert signatures["serving_default"].structured_outputs["product_id"].dtype == tf.string
    assert signatures["serving_default"].structured_outputs["score"].dtype == tf.float32


def test_a_text_query_finds_products_by_text_and_by_image(signatures):
    answer = signatures["serving_default"](query=tf.constant(["red mug", "blue shoe"]))
    assert ids(answer, 0, 1) == ["red-mug"]
    assert ids(answer, 1, 1) == ["blue-shoe"]
    assert np.all(np.diff(answer["score"].numpy(), axis=1) <= 0)
    assert np.allclose(answer["esci"].numpy().sum(axis=2), 1, atol=1e-6)
    assert answer["esci"].numpy()[0, 0].argmax() == 3


def test_an_image_finds_products_without_text_and_leaves_out_those_without_an_image(signatures, encoder):
    answer = signatures["search_image"](image_bytes=tf.constant([image_bytes("red")]))
    assert ids(answer)[0] == "red-chair"  # has no text, and an identical image
    assert all(product_id.startswith("red-") for product_id in ids(answer, count=5))


@pytest.mark.parametrize("name", ["serving_default", "search_image", "embed_text", "embed_image"])
def test_an_empty_batch_is_answered_with_an_empty_batch(signatures, name):
    key = "image_bytes" if "image" in name else "query"
    answer = signatures[name](**{key: tf.constant([], tf.string)})
    assert all(tensor.shape[0] == 0 for tensor in answer.values())


def test_empty_pairs_and_embeddings_are_answered(signatures):
    empty = tf.constant([], tf.string)
    assert signatures["classify"](query=empty, product_id=empty)["esci"].shape == (0, 4)
    assert signatures["score"](query=empty, product_id=empty)["score"].shape == (0,)
    assert signatures["search_embedding"](embedding=tf.zeros([0, 32]))["product_id"].shape == (0, 6)


@pytest.mark.parametrize("query", ["", "   ", "😀", "\n", "x" * 5000])
def test_any_string_is_a_query(signatures, query):
    scores = signatures["serving_default"](query=tf.constant([query]))["score"].numpy()
    assert np.isfinite(scores).all()
    assert ((scores >= 0) & (scores <= 1)).all()


def test_a_query_has_the_same_answer_in_any_batch(signatures):
    alone = signatures["serving_default"](query=tf.constant(["green lamp"]))
    among = signatures["serving_default"](query=tf.constant(["red mug", "green lamp", ""]))
    assert ids(alone) == ids(among, 1)
    assert np.allclose(alone["score"][0], among["score"][1], atol=1e-6)


def test_score_is_the_score_of_the_search(signatures):
    answer = signatures["serving_default"](query=tf.constant(["red mug"]))
    scored = signatures["score"](query=tf.constant(["red mug"] * 6), product_id=answer["product_id"][0])
    assert np.allclose(scored["score"], answer["score"][0], atol=1e-6)


def test_classify_is_the_esci_of_the_search(signatures):
    answer = signatures["serving_default"](query=tf.constant(["red mug"]))
    classified = signatures["classify"](query=tf.constant(["red mug"] * 6), product_id=answer["product_id"][0])
    assert np.allclose(classified["esci"], answer["esci"][0], atol=1e-6)


def test_an_unknown_product_is_classified_as_nothing(signatures):
    pair = {"query": tf.constant(["red mug"]), "product_id": tf.constant(["no such id"])}
    assert signatures["classify"](**pair)["esci"].numpy().tolist() == [[0, 0, 0, 0]]
    assert signatures["score"](**pair)["score"].numpy().tolist() == [0]


def test_searching_by_the_query_vector_ranks_by_similarity(signatures, encoder):
    vector = encoder.encode_text(["red mug"])
    answer = signatures["search_embedding"](embedding=tf.constant(3 * vector))  # length does not matter
    scored = signatures["score"](query=tf.constant(["red mug"] * 6), product_id=answer["product_id"][0])
    assert ids(answer, count=1) == ["red-mug"]
    assert np.all(np.diff(scored["similarity"].numpy()) <= 1e-6)


def test_a_text_encoder_has_no_image_signatures(signatures, products, sides, classifier_dir, tmp_path):
    model_signatures = set(signatures)
    text, image, has_text, _ = sides
    no_image = np.zeros(len(text), bool)
    model = build_search_model(products, text, image, has_text, no_image, HashingEncoder(images=False), classifier_dir)
    signatures = exported_signatures(model, tmp_path)
    image_signatures = {"embed_image", "search_image", "rank_image", "rank_both"}
    image_signatures |= {"explain_image", "explain_image_embedding"}
    assert set(signatures) == set(model_signatures) - image_signatures
    assert ids(signatures["serving_default"](query=tf.constant(["green shirt"])), count=1) == ["green-shirt"]


def test_a_small_catalogue_is_returned_whole(products, sides, encoder, classifier_dir):
    few = [side[:3] for side in sides]
    model = build_search_model(products.slice(0, 3), *few, encoder, classifier_dir)
    answer = model.search(tf.constant(["red mug"]))
    assert sorted(ids(answer)) == sorted(products["product_id"].to_pylist()[:3])


@pytest.mark.parametrize(("index", "precision"), [("exact", "bfloat16"), ("ivf", "float32"), ("ivf", "bfloat16")])
def test_every_index_and_precision_answers_alike(
    products, sides, encoder, classifier_dir, signatures, index, precision
):
    settings = SearchSettings(top_k=6, candidates=12, index=index, precision=precision, lists=4, probes=4)
    answer = build_search_model(products, *sides, encoder, classifier_dir, settings).search(tf.constant(["red mug"]))
    exact = signatures["serving_default"](query=tf.constant(["red mug"]))
    assert ids(answer, count=1) == ids(exact, count=1)
    assert len(set(ids(answer)) & set(ids(exact))) >= 5
    assert np.allclose(answer["score"], exact["score"], atol=0.02)


@pytest.mark.parametrize(("blend", "winner"), [(0.0, "similarity"), (1.0, "gain")])
def test_the_blend_goes_from_similarity_to_the_classifier(products, sides, encoder, classifier_dir, blend, winner):
    weights = SearchWeights(blend=blend)
    settings = SearchSettings(top_k=20)
    model = build_search_model(products, *sides, encoder, classifier_dir, settings, weights)
    answer = model.search(tf.constant(["red mug"]))
    gains = answer["esci"].numpy()[0] @ [0, 0.01, 0.1, 1]
    pairs = model.score(tf.constant(["red mug"] * 20), answer["product_id"][0])
    values = gains if winner == "gain" else pairs["similarity"].numpy()
    assert np.all(np.diff(values) <= 1e-6)


@pytest.mark.parametrize("blend", [0.0, 0.5])
def test_features_of_the_classifier_count_beside_similarity(products, sides, encoder, classifier_dir, blend):
    settings = SearchSettings(top_k=20)
    rankings = {}
    for features in ((), (2.0, -1.0)):
        weights = SearchWeights(blend=blend, features=features)
        model = build_search_model(products, *sides, encoder, classifier_dir, settings, weights)
        answer = model.search(tf.constant(["red mug"]))
        rankings[features] = dict(zip(ids(answer), answer["score"].numpy()[0], strict=True))
    plain, mended = rankings.values()
    titles = dict(zip(products["product_id"].to_pylist(), products["title"].to_pylist(), strict=True))
    for product_id, before in plain.items():
        share = len({"red", "mug"} & set(titles[product_id].split())) / 2
        added = logit(mended[product_id]) - logit(before)
        assert added == pytest.approx((1 - blend) * (2 * share - (1 - share)), abs=1e-3)


def test_few_probed_lists_still_fill_the_answer(products, sides, encoder, classifier_dir):
    settings = SearchSettings(top_k=8, candidates=20, index="ivf", lists=10, probes=1)
    for blend in (0.0, 0.5, 1.0):
        weights = SearchWeights(blend=blend)
        model = build_search_model(products, *sides, encoder, classifier_dir, settings, weights)
        answer = model.search(tf.constant(["red mug", "", "blue chair"]))
        assert all(len(set(ids(answer, row))) == 8 for row in range(3))
        assert (answer["score"].numpy() >= 0).all()


def test_a_product_with_neither_text_nor_image_comes_last(products, sides, encoder, classifier_dir):
    text, image, has_text, has_image = (side.copy() for side in sides)
    has_text[0] = has_image[0] = False
    weights = SearchWeights(blend=0.0)
    settings = SearchSettings(top_k=20)
    model = build_search_model(products, text, image, has_text, has_image, encoder, classifier_dir, settings, weights)
    assert ids(model.search(tf.constant(["red mug"])))[-1] == "red-mug"


def test_arrays_that_do_not_fit_are_named(products, sides, encoder, classifier_dir):
    text, image, has_text, has_image = sides
    with pytest.raises(DataError, match="20 products, but text vectors"):
        build_search_model(products, text[:5], image[:5], has_text[:5], has_image[:5], encoder, classifier_dir)
    with pytest.raises(DataError, match="no products"):
        build_search_model(products.slice(0, 0), *(side[:0] for side in sides), encoder, classifier_dir)
    twice = pa.concat_tables([products, products])
    with pytest.raises(DataError, match=r"product_id 'red-mug' occurs more than once"):
        build_search_model(twice, *(np.concatenate([side, side]) for side in sides), encoder, classifier_dir)


def test_a_catalogue_without_images_still_answers_an_image(products, sides, encoder, classifier_dir):
    text, image, has_text, has_image = sides
    for index in ("exact", "ivf"):
        settings = SearchSettings(top_k=6, index=index)
        model = build_search_model(
            products, text, image, has_text, np.zeros_like(has_image), encoder, classifier_dir, settings
        )
        answer = model.search_image(tf.constant([image_bytes("red")]))
        assert len(set(ids(answer))) == 6
        assert np.isfinite(answer["score"]).all()


@pytest.mark.parametrize("index", ["exact", "ivf"])
def test_a_catalogue_of_one_product(products, sides, encoder, classifier_dir, index):
    single = [side[:1] for side in sides]
    settings = SearchSettings(index=index)
    model = build_search_model(products.slice(0, 1), *single, encoder, classifier_dir, settings)
    assert ids(model.search(tf.constant(["anything", ""])), 1) == ["red-mug"]


def test_the_last_stage_reorders_all_but_the_product_whose_id_is_the_query(products, sides, encoder, classifier_dir):
    model = build_search_model(products, *sides, encoder, classifier_dir, SearchSettings(top_k=6, candidates=12))
    before = ids(model.search(tf.constant(["red mug"])))
    wanted = before[-1]

    def of_wanted(_query: tf.Tensor, texts: tf.Tensor) -> tf.Tensor:
        return tf.cast(texts == texts_of[wanted], tf.float32)[:, tf.newaxis] * 9

    texts_of = dict(zip(products["product_id"].to_pylist(), product_texts(products, ["title"]), strict=True))
    only_wanted = Calibration(np.array([[0.0], [0], [0], [1]]), np.array([4.0, 0, 0, 0]))
    model.last_stage = LastStage(of_wanted, only_wanted, 1.0, 12, ["title"])
    assert ids(model.search(tf.constant(["red mug"])))[0] == wanted
    other = next(each for each in before if texts_of[each] != texts_of[wanted])
    assert ids(model.search(tf.constant([other])))[0] == other
