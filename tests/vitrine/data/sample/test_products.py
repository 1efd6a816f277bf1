from collections import Counter
from collections.abc import Sequence

import pytest

from vitrine.data.sample.categories import CATEGORY
from vitrine.data.sample.products import Product, make_products
from vitrine.data.sample.settings import SampleSettings


def test_categories_have_equally_many_products(products: Sequence[Product]) -> None:
    counts = Counter(product.traits.category for product in products)
    assert len(counts) == 28
    assert set(counts.values()) <= {71, 72}


def test_a_larger_sample_begins_with_the_smaller_one() -> None:
    assert make_products(SampleSettings(products=2900))[:2800] == make_products(SampleSettings(products=2800))


def test_shares_of_missing_images_and_missing_texts(products: Sequence[Product]) -> None:
    without_image = [product for product in products if not product.image]
    without_text = [product for product in products if not product.text.brand]
    assert len(without_image) / len(products) == pytest.approx(0.12, abs=0.02)
    assert len(without_text) / len(products) == pytest.approx(0.08, abs=0.02)
    assert not any(product.image == "" and product.text.brand == "" for product in products)


def test_the_text_of_a_quarter_leaves_out_looks_that_the_image_shows(products: Sequence[Product]) -> None:
    untold = [product for product in products if product.image and product.text.brand and not product.text.color]
    assert 0.2 < len(untold) / len(products) < 0.45
    assert all({"colour", "pattern"} <= product.shown for product in products)


def test_texts_alone_show_material_brand_and_size(products: Sequence[Product]) -> None:
    for product in products:
        assert ({"material", "brand", "size"} <= product.shown) == bool(product.text.brand)


def test_patternless_categories_stay_patternless(products: Sequence[Product]) -> None:
    assert all((product.traits.pattern is None) != CATEGORY[product.traits.category].patterned for product in products)


def test_most_looks_have_several_products(products: Sequence[Product]) -> None:
    looks = Counter((p.traits.category, p.traits.colour, p.traits.pattern) for p in products)
    assert sum(count for count in looks.values() if count >= 2) / len(products) > 0.75


def test_prices_lie_in_the_range_of_their_category(products: Sequence[Product]) -> None:
    priced = [product for product in products if product.price is not None]
    assert 0.95 < len(priced) / len(products) < 1
    for product in priced:
        low, high = CATEGORY[product.traits.category].price
        assert low <= product.price < high
