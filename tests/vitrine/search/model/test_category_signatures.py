from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from tests.vitrine.search import shop
from vitrine.categories.head import CategoryHead
from vitrine.saved_model.session import SavedModelSession
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.model.search_model import SearchModel

NAMES = ["chair", "lamp", "mug", "shirt", "shoe", "tent"]


def plain_model(encoder: shop.HashingEncoder, folder: Path) -> SearchModel:
    return build_search_model(
        shop.catalogue(), *shop.sides(shop.HashingEncoder()), encoder, shop.save_classifier(folder)
    )


def search_model(images: bool, folder: Path) -> SearchModel:
    """Return a model of the shop with a head whose classes are the directions of their names."""
    encoder = shop.HashingEncoder(images)
    model = plain_model(encoder, folder)
    directions = encoder.encode_text(NAMES).T
    model.category_head = CategoryHead(NAMES, [directions, np.zeros(len(NAMES), np.float32)])
    return model


def test_a_query_has_the_most_probable_category_first(tmp_path: Path) -> None:
    model = search_model(True, tmp_path)
    found = model.signatures()["predict_category"](tf.constant(["a blue lamp", "shoe"]))
    assert found["category"].numpy()[:, 0].tolist() == [b"lamp", b"shoe"]
    assert found["probability"].shape == (2, 5)


def test_queries_and_images_have_the_category_of_their_vectors(tmp_path: Path) -> None:
    model = search_model(True, tmp_path)
    signatures = model.signatures()
    image = tf.constant([shop.image_bytes("red")])
    for name, embed, given in (
        ("predict_category", model.embed_text, tf.constant(["red mug"])),
        ("predict_category_image", model.embed_image, image),
    ):
        by_vector = signatures["predict_category_embedding"](embed(given)["embedding"])
        found = signatures[name](given)
        assert found["category"].numpy().tolist() == by_vector["category"].numpy().tolist()
        np.testing.assert_allclose(found["probability"], by_vector["probability"], atol=1e-5)


@pytest.mark.parametrize("images", [True, False])
def test_an_exported_model_lists_the_signatures_that_it_has(tmp_path: Path, images: bool) -> None:
    model = search_model(images, tmp_path / "classifier")
    assert ("predict_category_image" in model.signatures()) == images
    export_search_model(model, tmp_path / "model", ["red mug"], [])
    exported = SavedModelSession(tmp_path / "model")
    assert ("predict_category_image" in exported.signatures) == images
    found = exported.signature("predict_category").run({"query": np.array([b"shoe"], object)})
    assert found["category"][0, 0] == b"shoe"
    exported.close()


def test_without_a_head_there_are_no_such_signatures(tmp_path: Path) -> None:
    signatures = plain_model(shop.HashingEncoder(), tmp_path).signatures()
    assert not any(name.startswith("predict_category") for name in signatures)
