import numpy as np
import pyarrow as pa
from PIL import Image

from tests.vitrine.tuning.image_text.shop import FIELDS
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.tuning.image_text.products import contents, read_products

SIZES = Preprocessing(shortest_edge=32, crop=32)


def test_a_product_has_its_distinct_texts_and_all_its_images(products):
    row = products.ids.index("red-plain-mug")
    assert products.texts[row] == ("red plain mug", "red plain mug. red", "A mug in red, plain")
    assert len(products.images[row]) == 2
    assert products.pixels.shape[1:] == (32, 32, 3)
    assert len(products.complete()) == len(products.ids)


def test_products_without_text_or_readable_image_are_incomplete(tmp_path):
    Image.new("RGB", (32, 32), (200, 0, 0)).save(tmp_path / "a.png")
    (tmp_path / "damaged.png").write_bytes(b"no image")
    rows = [("p0", "mug", "a.png"), ("p1", "", "a.png"), ("p2", "lamp", ""), ("p3", "chair", "damaged.png")]
    columns = (list(column) for column in zip(*rows, strict=True))
    table = dict(zip(("product_id", "title", "image"), columns, strict=True))
    table |= {"color": [None] * 4, "description": [None] * 4, "views": ["no list"] * 4}
    found = read_products(pa.table(table), FIELDS, tmp_path, SIZES, tmp_path)
    assert found.complete().tolist() == [0]
    assert [len(own) for own in found.images] == [1, 1, 0, 0]


def test_a_catalogue_may_have_no_images_at_all(tmp_path):
    table = {"product_id": ["p0", "p1"], "title": ["mug", "lamp"], "color": ["", "red"]}
    found = read_products(pa.table(table), FIELDS, tmp_path, SIZES, tmp_path)
    assert [len(own) for own in found.images] == [0, 0]
    assert found.pixels.shape == (1, 32, 32, 3)
    assert found.position[0] != found.position[1]


def test_products_with_a_title_or_an_image_in_common_have_one_position(tmp_path):
    for name, color in (("a", (200, 0, 0)), ("b", (0, 0, 200)), ("c", (0, 200, 0))):
        Image.new("RGB", (32, 32), color).save(tmp_path / f"{name}.png")
    rows = [("p0", "mug", "a.png"), ("p1", "Mug", "b.png"), ("p2", "cup", "b.png"), ("p3", "lamp", "c.png")]
    columns = (list(column) for column in zip(*rows, strict=True))
    table = dict(zip(("product_id", "title", "image"), columns, strict=True))
    table |= {"color": [""] * 4, "description": [""] * 4, "views": [""] * 4}
    found = read_products(pa.table(table), FIELDS, tmp_path, SIZES, tmp_path)
    assert found.position[0] == found.position[1] == found.position[2] != found.position[3]


def test_equal_images_have_one_row_and_unreadable_ones_none():
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (4, 8, 8, 3), dtype=np.uint8)
    pixels[2] = pixels[0]
    assert contents(pixels, np.array([True, True, True, False])).tolist() == [0, 1, 0, -1]
