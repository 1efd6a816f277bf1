"""Training end to end on a handful of coloured squares and discs, held to transformers and PyTorch."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image, ImageDraw

from vitrine.encoders.clip.training import train_clip
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.settings import ClipArchitecture, EncoderSettings
from vitrine.encoders.training_settings import ClipTrainingSettings
from vitrine.errors import DataError

COLOURS = {"red": (210, 30, 30), "green": (30, 160, 60), "blue": (30, 60, 210), "yellow": (240, 210, 40)}
CONFIG = EncoderSettings(
    architecture=ClipArchitecture(
        dimension=16,
        width=32,
        text_layers=1,
        vision_layers=1,
        heads=2,
        image_size=32,
        patch_size=16,
        vocabulary_size=700,
    ),
    training=ClipTrainingSettings(epochs=12, batch_size=16, learning_rate=3e-3, seed=1),
)
TEXTS = ["red square", "a blue disc", "", "Grün 日本 😀", "something yellow " * 60]


def make_products(folder: Path) -> pa.Table:
    """Make eight kinds of products, twelve of each, some of them without an image."""
    rng = np.random.default_rng(0)
    rows = []
    for number in range(96):
        colour, shape = list(COLOURS)[number % 4], ("square", "disc")[number // 4 % 2]
        image = f"{number}.png" if number % 11 else ""
        if image:
            drawing = Image.new("RGB", (48, 40), "white")
            x, y = rng.integers(2, 12, 2)
            draw = ImageDraw.Draw(drawing)
            (draw.rectangle if shape == "square" else draw.ellipse)((x, y, x + 26, y + 26), fill=COLOURS[colour])
            drawing.save(folder / image)
        rows.append((f"p{number}", f"{colour} {shape} no {number}", "", "", colour if number % 3 else "", shape, image))
    names = ("product_id", "title", "description", "brand", "color", "category", "image")
    return pa.table(
        {name: pa.array(values, pa.string()) for name, values in zip(names, zip(*rows, strict=True), strict=True)}
    )


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, pa.Table, list[dict[str, float]]]:
    folder = tmp_path_factory.mktemp("shapes")
    products, history = make_products(folder), []
    train_clip(products, folder, CONFIG, folder / "checkpoint", history.append)
    return folder / "checkpoint", products, history


def test_each_epoch_is_reported_and_the_loss_falls(trained) -> None:
    _, _, history = trained
    assert [measured["epoch"] for measured in history] == list(range(1, 13))
    assert set(history[0]) == {"epoch", "loss", "text_accuracy", "image_accuracy"}
    assert history[-1]["loss"] < history[0]["loss"] - 0.2


def test_colours_find_their_images(trained) -> None:
    directory, products, _ = trained
    encoder = load_encoder(directory)
    rows = [row for row in products.to_pylist() if row["image"]]
    image_vectors = encoder.encode_image([(directory.parent / row["image"]).read_bytes() for row in rows])
    best = (encoder.encode_text([f"{name} square" for name in COLOURS]) @ image_vectors.T).argmax(axis=1)
    right = [colour in rows[row]["title"] for colour, row in zip(COLOURS, best, strict=True)]
    assert sum(right) >= 3


def test_transformers_reads_the_checkpoint_and_encodes_alike(trained, reference) -> None:
    directory, products, _ = trained
    encoder = load_encoder(directory)
    images = [(directory.parent / image).read_bytes() for image in products["image"].to_pylist() if image][:8]
    texts = reference("clip.embed_texts", directory=directory, texts=TEXTS)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), texts, atol=1e-4)
    image_vectors = reference("clip.embed_images", directory=directory, images=images)
    np.testing.assert_allclose(encoder.encode_image(images), image_vectors, atol=1e-4)


def test_the_seed_decides_the_checkpoint(trained, tmp_path: Path) -> None:
    directory, products, _ = trained
    short = CONFIG.model_copy(update={"training": CONFIG.training.model_copy(update={"epochs": 1})})
    for name in ("first", "second"):
        train_clip(products, directory.parent, short, tmp_path / name, lambda _: None)
    first, second = (load_encoder(tmp_path / name).encode_text(TEXTS) for name in ("first", "second"))
    np.testing.assert_allclose(first, second, atol=1e-5)


def test_too_few_products_are_refused_with_what_to_do(tmp_path: Path) -> None:
    products = make_products(tmp_path).slice(1, 7)
    with pytest.raises(DataError, match="at least 8 products with a text and a readable image, found 7"):
        train_clip(products, tmp_path, CONFIG, tmp_path / "checkpoint", lambda _: None)
    assert not (tmp_path / "checkpoint").exists()
