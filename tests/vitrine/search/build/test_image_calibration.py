import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.vitrine.search import shop
from tests.vitrine.search.faces import draw_smiley
from tests.vitrine.search.flat_products import PRODUCTS, STYLES, draw_flat_product
from vitrine import progress
from vitrine.data.sample.drawing.product_image import SHAPES, draw_product
from vitrine.data.sample.label_rules import Traits
from vitrine.search.build import image_examples
from vitrine.search.build.altered_images import ALTERATIONS, alter
from vitrine.search.build.assembly import build_search_model
from vitrine.search.build.export import export_search_model
from vitrine.search.build.flat_figures import draw_figure
from vitrine.search.build.image_calibration import MIN_IMAGES, NEAR_JUNK, fit, measure_image_confidence
from vitrine.search.build.image_examples import Examples
from vitrine.search.build.junk_images import KINDS, SIDE, draw_junk
from vitrine.search.exported_model import ExportedModel
from vitrine.search.image_confidence import ImageConfidence
from vitrine.search.settings import SearchSettings


@pytest.mark.parametrize("kind", KINDS)
def test_junk_of_each_kind_varies_and_follows_its_seed(kind: str) -> None:
    first, second, again = (draw_junk(kind, np.random.default_rng(seed)) for seed in (1, 2, 1))
    assert first.mode == "RGB"
    assert first.size == (SIDE, SIDE)
    assert first.tobytes() == again.tobytes() != second.tobytes()


def test_figures_vary_and_follow_their_seed() -> None:
    first, second, again = (draw_figure(np.random.default_rng(seed)) for seed in (1, 2, 1))
    assert first.mode == "RGB"
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


def calibrated(model: ExportedModel, folder: Path, images: list[Image.Image]) -> ImageConfidence:
    names = [f"{number}.png" for number in range(len(images))]
    for name, image in zip(names, images, strict=True):
        image.save(folder / name)
    measured = measure_image_confidence(model, names, names, folder)
    assert measured is not None
    return measured


@pytest.fixture(scope="module")
def detector(model: ExportedModel, tmp_path_factory: pytest.TempPathFactory) -> ImageConfidence:
    """The detector of a catalogue of drawn products."""
    return calibrated(model, tmp_path_factory.mktemp("images"), drawn_products(MIN_IMAGES, seed=0))


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


@pytest.mark.parametrize("style", STYLES)
def test_products_in_drawings_by_another_hand_pass(detector: ImageConfidence, model: ExportedModel, style: str) -> None:
    rng = np.random.default_rng(5)
    drawings = [draw_flat_product(product, style, rng) for product in PRODUCTS for _ in range(5)]
    assert refused_share(detector, model, drawings) <= 0.02


@pytest.mark.parametrize("kind", ["blank", "gradient", "pixel noise"])
def test_junk_does_not(detector: ImageConfidence, model: ExportedModel, kind: str) -> None:
    rng = np.random.default_rng(99)
    assert refused_share(detector, model, [draw_junk(kind, rng) for _ in range(40)]) >= 0.95


def test_drawn_faces_are_junk_unless_the_catalogue_shows_some(
    detector: ImageConfidence, model: ExportedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng, notes = np.random.default_rng(8), list[str]()
    monkeypatch.setattr(progress, "note", notes.append)
    smileys = [draw_smiley(rng) for _ in range(20)]
    assert refused_share(detector, model, smileys) >= 0.95
    for number in ("REAL", "FIGURES", "JUNK_PER_KIND"):
        monkeypatch.setattr(image_examples, number, 20)
    with_cushions = calibrated(model, tmp_path, [*drawn_products(MIN_IMAGES - 2, seed=0), *smileys[:2]])
    assert (detector.faces, with_cushions.faces) == (True, False)
    assert notes[-1] == "drawn faces are not refused: 2.0% of the catalogue's images show one"


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
    assert refusals.real <= 0.005
    assert max(refusals.junk.values()) <= 0.1
    assert confidence.threshold <= NEAR_JUNK
    assert (confidence.decision(rng.normal(size=(400, 4))) < confidence.threshold).mean() <= 0.05


def test_what_is_unlike_products_and_junk_is_accepted() -> None:
    rng = np.random.default_rng(0)
    evidence = np.concatenate([rng.normal(-3, 1, (100, 4)), rng.normal(3, 1, (100, 4))])
    group, kind = np.concatenate([np.arange(100), np.full(100, -1)]), np.repeat(["none", "blank"], 100)
    confidence, refusals = fit(Examples(evidence, group, kind))
    assert refusals.junk["blank"] >= 0.9
    away = rng.choice([-1.0, 1.0], (100, 4)) * rng.uniform(30, 60, (100, 4))
    assert (confidence.decision(away) > confidence.threshold).all()
