import numpy as np
import pyarrow as pa
from PIL import Image

from tests.vitrine.tuning.image_text.shop import FIELDS
from vitrine.encoders.images.preprocessing import Preprocessing
from vitrine.tuning.image_text.products import groups, read_products

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
    assert found.group[0] != found.group[1]


def test_products_of_a_group_share_texts_or_images_at_any_number_of_removes():
    texts = [("red mug",), ("Red  MUG", "a mug"), ("cup",), ("glass",), ("a lamp",), ()]
    images = [np.array(own, np.int64) for own in ([0], [1], [1, 2], [3], [], [])]
    found = groups(texts, images, np.array([[2, 3]]), 5)
    assert found[0] == found[1] == found[2] == found[3]
    assert len(set(found[[0, 4, 5]].tolist())) == 3
