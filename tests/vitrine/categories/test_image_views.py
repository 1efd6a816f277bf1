"""Augmented views of striped images, by a tiny CLIP; and a head that is trained on views."""

import json
import logging
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image

from tests.vitrine.categories.shop import DIMENSION, NamingEncoder, direction, judgements, write_catalogue
from tests.vitrine.encoders.conftest import clip_tokenizer_directory, make_checkpoint  # noqa: F401
from tests.vitrine.tuning.image_text.shop import image
from vitrine.categories.classes import NO_CLASS, find_classes
from vitrine.categories.data import CategoryData
from vitrine.categories.examples import Input, InputVectors, product_examples
from vitrine.categories.image_views import ImageViews, encode_views
from vitrine.categories.settings import CategorySettings
from vitrine.categories.training import fit_epochs
from vitrine.data.columns import IMAGE_VECTOR, TEXT_VECTOR
from vitrine.embeddings.table import EmbeddingTable, Rows
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.image_text_families import image_text_encoder
from vitrine.encoders.images.encoder import ImageTextEncoder

RED, TWO, MISSING, LAST = range(4)


@pytest.fixture(scope="module")
def encoder(make_checkpoint, tmp_path_factory: pytest.TempPathFactory) -> ImageTextEncoder:  # noqa: F811
    return image_text_encoder(read_checkpoint(make_checkpoint(tmp_path_factory.mktemp("clip"))))


@pytest.fixture
def products(tmp_path: Path) -> Rows:
    """A product with an image, one with two, one whose image is gone, and another one."""
    for name, color in (("red", "red"), ("blue", "blue"), ("pink", "pink")):
        image(color, "wide", "mug").save(tmp_path / f"{name}.png")
    rows = [("red.png", ""), ("red.png", json.dumps(["blue.png"])), ("gone.png", None), ("pink.png", "")]
    listed = [{"product_id": str(place), "image": each[0], "views": each[1]} for place, each in enumerate(rows)]
    return Rows(pa.Table.from_pylist(listed))


def views(encoder: ImageTextEncoder, products: Rows, folder: Path, rows: list[int], seed: int = 0) -> ImageViews:
    return encode_views(encoder, products, np.array(rows), folder, 3, seed)


def test_a_view_is_like_its_image_and_not_the_same(encoder, products: Rows, tmp_path: Path) -> None:
    encoded = views(encoder, products, tmp_path, [RED, LAST])
    assert encoded.vectors.shape == (3, 2, encoder.dimension)
    np.testing.assert_allclose(np.linalg.norm(encoded.vectors, axis=2), 1, atol=1e-5)
    own = encoder.encode_image([Image.open(tmp_path / f"{name}.png") for name in ("red", "pink")])
    similarity = np.einsum("vpd,qd->vpq", encoded.vectors, own)
    for place in (0, 1):
        assert (similarity[:, place].argmax(axis=1) == place).all()
        assert (similarity[:, place, place] < 0.99999).all()
    assert len(np.unique(np.round(encoded.vectors[:, 0], 5), axis=0)) == 3


def test_the_seed_decides_the_views(encoder, products: Rows, tmp_path: Path) -> None:
    first, same, other = (views(encoder, products, tmp_path, [RED], seed).vectors for seed in (0, 0, 1))
    np.testing.assert_allclose(first, same, atol=1e-6)
    assert np.abs(first - other).max() > 1e-3


def test_a_view_of_several_images_is_their_mean(encoder, products: Rows, tmp_path: Path) -> None:
    encoded = views(encoder, products, tmp_path, [TWO]).vectors[:, 0]
    red, blue = encoder.encode_image([Image.open(tmp_path / f"{name}.png") for name in ("red", "blue")])
    mean = (red + blue) / np.linalg.norm(red + blue)
    assert (encoded @ mean > np.maximum(encoded @ red, encoded @ blue)).all()


def test_products_without_views_keep_their_image(encoder, products: Rows, tmp_path: Path) -> None:
    encoded = views(encoder, products, tmp_path, [RED, MISSING])
    assert encoded.place.tolist() == [0, -1, -1, -1]
    own = np.arange(4 * encoder.dimension, dtype=np.float32).reshape(4, -1)
    taken = encoded.take(own, np.arange(4), np.array([2, 2, 2, 0]))
    np.testing.assert_array_equal(taken[0], encoded.vectors[1, 0])
    np.testing.assert_array_equal(taken[1:], own[1:])
    np.testing.assert_array_equal(encoded.take(own, np.arange(4), np.zeros(4, np.int64)), own)


def head_of(views: ImageViews | None, images: np.ndarray, labels: list[str]) -> np.ndarray:
    """Train on images, and return the probabilities of the labels' own directions, float32 [2, 2]."""
    count = len(labels)
    table = EmbeddingTable(
        Rows(pa.table({"product_id": [str(row) for row in range(count)]})), {IMAGE_VECTOR: images}, DIMENSION
    )
    source = InputVectors(table, None, np.zeros(count, bool), np.ones(count, bool), views=views)
    classes = find_classes(labels, 2)
    settings = CategorySettings(epochs=20, batch_size=16, min_products=2)
    head = fit_epochs(settings, classes.names, source, product_examples(classes, source), 20)
    return head.probabilities(np.stack([direction(name) for name in classes.names])).numpy()


def test_a_head_learns_from_the_views() -> None:
    """The images themselves are all the same, and only their views tell the categories apart."""
    labels = ["cups", "lamps"] * 20
    images = np.repeat(direction("images")[np.newaxis], 40, axis=0)
    shown = ImageViews(np.stack([direction(label) for label in labels])[np.newaxis], np.arange(40))
    assert np.diag(head_of(None, images, labels)).max() < 0.6
    assert np.diag(head_of(shown, images, labels)).min() > 0.8


def test_predictions_are_of_the_images_themselves() -> None:
    images = np.stack([direction("one"), direction("two")])
    table = EmbeddingTable(
        Rows(pa.table({"product_id": ["1", "2"]})), {IMAGE_VECTOR: images, TEXT_VECTOR: images}, DIMENSION
    )
    views = ImageViews(-images[np.newaxis], np.arange(2))
    source = InputVectors(table, None, np.ones(2, bool), np.ones(2, bool), views=views)
    rows = np.arange(2)
    np.testing.assert_array_equal(source.gather(Input.IMAGE, rows), images)
    np.testing.assert_array_equal(source.gather(Input.IMAGE, rows, np.array([1, 0])), [-images[0], images[1]])
    np.testing.assert_array_equal(source.gather(Input.BOTH, rows, np.array([1, 0])), [0 * images[0], 2 * images[1]])
    np.testing.assert_array_equal(source.gather(Input.TEXT, rows, np.array([1, 0])), images)


def test_products_with_a_class_and_an_image_get_views(encoder, tmp_path: Path) -> None:
    image("red", "wide", "mug").save(tmp_path / "mug.png")
    write_catalogue(tmp_path, {"Garden > Rakes": 2}, 3, encoder.dimension, image="mug.png")
    folders = tmp_path / "products", tmp_path / "queries"
    settings = CategorySettings(augmented_views=2)
    data = CategoryData.read(*folders, judgements(), encoder, ("title",), settings, tmp_path)
    assert isinstance(data, CategoryData)
    assert data.source.views is not None
    assert len(data.source.views.vectors) == 2
    expected = data.source.has(Input.IMAGE) & (data.classes.label != NO_CLASS)
    np.testing.assert_array_equal(data.source.views.place >= 0, expected)


def test_an_encoder_of_texts_makes_no_views_and_says_so(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    write_catalogue(tmp_path)
    folders = tmp_path / "products", tmp_path / "queries"
    settings = CategorySettings(augmented_views=2)
    with caplog.at_level(logging.INFO, "vitrine.progress"):
        data = CategoryData.read(*folders, judgements(), NamingEncoder(), ("title",), settings, tmp_path)  # type: ignore[arg-type]
    assert isinstance(data, CategoryData)
    assert data.source.views is None
    assert "categories.augmented_views has no effect" in caplog.text
