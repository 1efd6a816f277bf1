import io

import numpy as np
import pytest
from PIL import Image

from vitrine.audit.pictures.changes import CHANGES
from vitrine.audit.pictures.no_products import EACH, no_product_images

IMAGE = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 48, 3), np.uint8))


def changed(name: str, image: Image.Image = IMAGE, seed: int = 0) -> Image.Image:
    [kind] = [kind for kind in CHANGES if kind.name == name]
    return Image.open(io.BytesIO(kind.apply([image], seed)[0])).convert("RGB")


@pytest.mark.parametrize("kind", CHANGES, ids=lambda kind: kind.name)
def test_a_changed_image_is_another_image_and_the_seed_decides(kind) -> None:
    first = kind.apply([IMAGE, IMAGE.convert("L")], 5)
    assert first == kind.apply([IMAGE, IMAGE.convert("L")], 5)
    assert changed(kind.name).tobytes() != IMAGE.tobytes()


def test_changes_do_what_they_are_called() -> None:
    assert changed("crop").size == (29, 38)
    assert np.array_equal(np.asarray(changed("mirror")), np.asarray(IMAGE)[:, ::-1])
    grey = np.asarray(changed("grey"))
    assert (grey.min(axis=2) == grey.max(axis=2)).all()
    screen = changed("screenshot")
    assert screen.width > IMAGE.width
    assert screen.height > IMAGE.height


@pytest.mark.parametrize("size", [(1, 1), (3, 200), (800, 2)])
def test_images_of_any_size_can_be_changed(size: tuple[int, int]) -> None:
    for kind in CHANGES:
        assert kind.apply([Image.new("RGB", size)], 0)


def test_images_that_show_no_product_differ_by_kind_and_seed() -> None:
    images = no_product_images(0)
    assert {kind: len(of_kind) for kind, of_kind in images.items()} == dict.fromkeys(images, EACH)
    assert no_product_images(0) == images
    assert no_product_images(1)["noise"] != images["noise"]
