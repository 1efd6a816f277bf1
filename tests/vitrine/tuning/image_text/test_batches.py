import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vitrine.encoders.training_settings import ContrastiveTuningSettings
from vitrine.tuning.image_text.batches import batch, epoch_batches
from vitrine.tuning.image_text.text_views import draw_view, fits

TEXTS = ("red mug", "red mug with a handle. Acme", "made of clay")


def test_every_product_is_in_one_batch_of_an_epoch(products):
    rows = products.complete()[:30]
    batches = list(epoch_batches(products, rows, ContrastiveTuningSettings(batch_size=7), np.random.default_rng(0)))
    assert [len(each.texts) for each in batches] == [7] * 4
    owner = {int(image): row for row in rows for image in products.images[row]}
    seen = [owner[int(image)] for each in batches for image in each.images]
    assert len(set(seen)) == 28


def test_texts_of_a_batch_are_sorted_by_length_and_belong_to_their_images(products):
    drawn = batch(products, products.complete()[:20], 0.0, np.random.default_rng(1))
    assert [len(text) for text in drawn.texts] == sorted(map(len, drawn.texts))
    owner = {int(image): row for row, own in enumerate(products.images) for image in own}
    assert all(text in products.texts[owner[int(image)]] for text, image in zip(drawn.texts, drawn.images, strict=True))


def test_a_text_that_fits_another_product_or_image_is_a_duplicate():
    fitting = fits(["mug", "red mug", "Clay"], [("red mug",), ("mug",), ("a cup of clay",)])
    assert fitting.tolist() == [[True, True, False], [True, False, False], [False, False, True]]


def test_products_with_an_image_in_common_are_duplicates(products):
    import dataclasses

    images = [products.images[0] if row == 1 else own for row, own in enumerate(products.images)]
    shared = dataclasses.replace(products, images=images)
    drawn = batch(shared, np.array([0, 1, 40]), 0.0, np.random.default_rng(0))
    ours = np.isin(drawn.images, products.images[0])
    assert not drawn.duplicates.diagonal().any()
    assert drawn.duplicates[np.ix_(ours, ours)].sum() == 2
    assert not drawn.duplicates[~ours].any()


@given(st.integers(0, 2**31), st.floats(0, 1))
def test_a_view_is_a_text_or_some_of_its_words_in_order(seed, share):
    view = draw_view(TEXTS, share, np.random.default_rng(seed))
    assert view

    def is_part(text: str) -> bool:
        words = iter(text.split())
        return all(word in words for word in view.split())

    assert any(is_part(text) for text in TEXTS)
    assert share > 0 or view in TEXTS
