"""Tests of the ranking model: the answers of the search model, without its products."""

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tests.vitrine.search.shop import DIMENSION, image_bytes
from vitrine.categories.head import CategoryHead
from vitrine.errors import DataError
from vitrine.saved_model.session import SavedModelSession
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.build.ranking_export import SIGNATURES, export_ranking_model, export_version
from vitrine.search.settings import SearchWeights


@pytest.fixture(scope="module")
def serving(products, sides, encoder, classifier_dir, tmp_path_factory) -> Path:
    directory = tmp_path_factory.mktemp("serving")
    model = build_search_model(products, *sides, encoder, classifier_dir, weights=SearchWeights(lexical=1.0))
    model.category_head = CategoryHead.initial(["lamp", "mug"], DIMENSION, hidden=4, seed=0)
    model.category_head.layers[-1].assign([0.0, 1.0])
    export_search_model(model, directory / "product_search/3", ["red mug"], [image_bytes("red")])
    return directory


@pytest.fixture(scope="module")
def ranking(serving: Path) -> Path:
    return export_version(serving, 3)


def candidates(count: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(2, 1, count, DIMENSION)).astype(np.float32)
    texts = {name: np.full((1, count), b"red mug", object) for name in ("title", "description", "brand", "category")}
    return texts | {
        "color": np.full((1, count), b"red", object),
        "product_id": np.array([[f"p{row}".encode() for row in range(count)]], object),
        "text_vector": vectors[0],
        "image_vector": vectors[1],
        "has_text": np.ones((1, count), bool),
        "has_image": np.arange(count)[np.newaxis] % 2 == 0,
    }


def test_the_ranking_model_answers_as_the_search_model(serving: Path, ranking: Path) -> None:
    search, alone = SavedModelSession(serving / "product_search/3"), SavedModelSession(ranking)
    assert ranking == serving / "product_ranking/3"
    assert set(alone.signatures) == set(SIGNATURES)
    query = {"query": np.array([b"red mug"], object)}
    vector = {"embedding": alone.signature("embed_text").run(query)["embedding"]}
    asked = query | vector | candidates(7)
    found, expected = (model.signature("rerank_text").run(asked) for model in (alone, search))
    assert found["product_id"].tolist() == expected["product_id"].tolist()
    np.testing.assert_allclose(found["score"], expected["score"], atol=1e-6)
    for signature, inputs in (("predict_category", query), ("predict_category_embedding", vector)):
        category = alone.signature(signature).run(inputs)
        assert category["category"].tolist() == [[b"mug", b"lamp"]]
        np.testing.assert_allclose(category["probability"], [[0.731, 0.269]], atol=1e-3)  # 1 / (1 + 1/e)


def test_the_ranking_model_is_warmed_up(ranking: Path) -> None:
    file = str(ranking / "assets.extra" / "tf_serving_warmup_requests")
    records = [*tf.data.TFRecordDataset(file).as_numpy_iterator()]
    requests = [prediction_log_pb2.PredictionLog.FromString(record).predict_log.request for record in records]
    warmed = {request.model_spec.signature_name for request in requests}
    asked_rarely = {"explain_image", "explain_image_embedding"}
    assert warmed == set(SIGNATURES) - asked_rarely - {"predict_category_embedding"}  # whose graph the others have
    assert {request.model_spec.name for request in requests} == {"product_ranking"}


def test_the_ranking_model_has_no_product(serving: Path, ranking: Path) -> None:
    def values(directory: Path) -> bytes:
        return b"".join(file.read_bytes() for file in sorted((directory / "variables").glob("*.data*")))

    assert b"red-mug" in values(serving / "product_search/3")
    assert b"red-mug" not in values(ranking)


def test_a_version_that_was_not_pushed_is_reported(serving: Path) -> None:
    with pytest.raises(DataError, match=r"has no version 4; pushed are 3$"):
        export_version(serving, 4)


def test_a_model_of_an_earlier_release_is_reported(classifier_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="has no signature rerank_text; run the pipeline again"):
        export_ranking_model(classifier_dir, tmp_path / "ranking")
