import numpy as np

from vitrine.encoders.image_text_families import image_text_encoder
from vitrine.tuning.image_text.validation import IMAGE_TO_TEXT, MRR, TEXT_TO_IMAGE, HeldOutProducts, ranks


def test_equal_wrong_ones_come_before_the_right_one():
    right = np.eye(3, dtype=bool)
    similarity = np.array([[0.9, 0.1, 0.2], [0.5, 0.5, 0.1], [0.3, 0.2, 0.1]], np.float32)
    assert ranks(similarity, right).tolist() == [1, 2, 3]
    right[2, 0] = True
    assert ranks(similarity, right).tolist() == [1, 2, 1]


def test_figures_are_those_of_both_directions(clip, products):
    rows = products.complete()[::4]
    values = HeldOutProducts(products, rows).measure(image_text_encoder(clip))
    assert {name: value.shape for name, value in values.items()} == dict.fromkeys(
        (MRR, TEXT_TO_IMAGE, IMAGE_TO_TEXT), (len(rows),)
    )
    both = values[TEXT_TO_IMAGE] + values[IMAGE_TO_TEXT] == 2
    assert (values[MRR][both] == 1).all()
    assert (values[MRR] >= (values[TEXT_TO_IMAGE] + values[IMAGE_TO_TEXT]) / 2).all()
