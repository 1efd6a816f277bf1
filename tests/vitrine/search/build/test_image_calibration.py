import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from tests.vitrine.search import shop
from vitrine import progress
from vitrine.data.sample.drawing.product_image import SHAPES, draw_product
from vitrine.data.sample.label_rules import Traits
from vitrine.search.build.altered_images import ALTERATIONS, alter
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.build.image_calibration import MIN_IMAGES, Examples, fit, measure_image_confidence
from vitrine.search.build.junk_images import KINDS, SIDE, draw_junk, random_colour
from vitrine.search.exported_model import ExportedModel
from vitrine.search.image_confidence import ImageConfidence
from vitrine.search.settings import SearchSettings


@pytest.mark.parametrize("kind", KINDS)
def test_junk_of_each_kind_varies_and_follows_its_seed(kind: str) -> None:
    first, second, again = (draw_junk(kind, np.random.default_rng(seed)) for seed in (1, 2, 1))
    assert first.mode == "RGB"
    assert first.size == (SIDE, SIDE)
    assert first.tobytes() == again.tobytes() != second.tobytes()


@pytest.mark.parametrize("kind", ALTERATIONS)
@pytest.mark.parametrize("size", [(1, 1), (37, 90)])
def test_images_of_any_size_can_be_altered(kind: str, size: tuple[int, int]) -> None:
    image = Image.new("RGB", size, (200, 30, 90))
    assert alter(kind, image, np.random.default_rng(0)).mode == "RGB"
    assert image.getpixel((0, 0)) == (200, 30, 90)  # the original stays as it is


def drawn_products(count: int, seed: int) -> list[Image.Image]:
    rng = np.random.default_rng(seed)
    categories, colours = sorted(SHAPES), ("red", "green", "blue", "white", "black")
    return [
        draw_product(Traits(str(rng.choice(categories)), str(rng.choice(colours)), "plain"), rng) for _ in range(count)
    ]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> ExportedModel:
    directory = tmp_path_factory.mktemp("model")
    encoder, classifier = shop.HashingEncoder(), shop.save_classifier(tmp_path_factory.mktemp("classifier"))
    settings = SearchSettings(top_k=6, candidates=12)
    module = build_search_model(shop.catalogue(), *shop.sides(encoder), encoder, classifier, settings)
    export_search_model(module, directory)
    return ExportedModel(directory)


@pytest.fixture(scope="module")
def detector(model: ExportedModel, tmp_path_factory: pytest.TempPathFactory) -> ImageConfidence:
    """The detector of a catalogue of drawn products."""
    folder = tmp_path_factory.mktemp("images")
    names = [f"{number}.png" for number in range(MIN_IMAGES)]
    for name, image in zip(names, drawn_products(MIN_IMAGES, seed=0), strict=True):
        image.save(folder / name)
    measured = measure_image_confidence(model, names, names, folder)
    assert measured is not None
    return measured


def refused_share(detector: ImageConfidence, model: ExportedModel, images: list[Image.Image]) -> float:
    encoded = []
    for image in images:
        buffer = io.BytesIO()
        image.save(buffer, "BMP")
        encoded.append(buffer.getvalue())
    _, similarities = model.image_similarities(encoded)
    return float(np.mean([detector.is_junk(*pair) for pair in zip(encoded, similarities, strict=True)]))


def test_other_products_pass(detector: ImageConfidence, model: ExportedModel) -> None:
    assert refused_share(detector, model, drawn_products(60, seed=1)) <= 0.02


@pytest.mark.parametrize("kind", ["blank", "gradient", "pixel noise", "stripes", "lattice"])
def test_junk_does_not(detector: ImageConfidence, model: ExportedModel, kind: str) -> None:
    rng = np.random.default_rng(99)
    assert refused_share(detector, model, [draw_junk(kind, rng) for _ in range(40)]) >= 0.95


def test_nor_does_most_junk_of_a_kind_that_calibration_does_not_draw(
    detector: ImageConfidence, model: ExportedModel
) -> None:
    def rings(rng: np.random.Generator) -> Image.Image:
        image = Image.new("RGB", (200, 200), random_colour(rng))
        inks, step = (random_colour(rng), random_colour(rng)), int(rng.integers(6, 25))
        for number, radius in enumerate(range(140, 0, -step)):
            box = (100 - radius, 100 - radius, 100 + radius, 100 + radius)
            ImageDraw.Draw(image).ellipse(box, inks[number % 2])
        return image

    rng = np.random.default_rng(3)
    assert refused_share(detector, model, [rings(rng) for _ in range(40)]) >= 0.75


def test_a_catalogue_with_few_images_refuses_none_and_says_so(
    model: ExportedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes: list[str] = []
    monkeypatch.setattr(progress, "note", notes.append)
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    names = ["a.png", *["absent.png"] * MIN_IMAGES]
    ids = [str(number) for number in range(len(names))]
    assert measure_image_confidence(model, ids, names, tmp_path) is None
    (note,) = notes
    assert note.startswith("no image query is refused: the catalogue has 1 readable images of products")
    assert note.endswith(f"needs {MIN_IMAGES}")


def test_the_threshold_accepts_images_of_products_if_junk_looks_alike() -> None:
    rng = np.random.default_rng(0)
    count = 400
    group = np.concatenate([np.arange(count), np.full(count, -1)])
    kind = np.where(group >= 0, "none", np.where(np.arange(2 * count) % 2, "blank", "stripes"))
    confidence, refusals = fit(Examples(rng.normal(size=(2 * count, 4)), group, kind))
    assert refusals.real <= 0.01
    assert refusals.junk <= 0.1
    assert (confidence.decision(rng.normal(size=(400, 4))) < confidence.threshold).mean() <= 0.05
