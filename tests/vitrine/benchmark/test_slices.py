from collections import Counter

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vitrine.benchmark.slices import head_categories, query_slices
from vitrine.search.products import Products


def test_each_query_is_in_one_slice_of_a_kind(world) -> None:
    slices = query_slices(world.held_out, world.products)
    assert slices["1–2 words"].all()
    assert "3–4 words" not in slices
    assert (slices["source about shoe"] ^ slices["source about shirt"]).all()
    white = np.array([text.startswith("white") for text in world.held_out.texts])
    np.testing.assert_array_equal(slices["products without one"], white)
    np.testing.assert_array_equal(slices["products with an image"], ~white)
    assert "head category" not in slices  # the shop has no categories


def test_the_tail_are_the_rarest_categories_with_a_fifth_of_the_catalogue(world) -> None:
    shop = world.products
    rare = ["rare" if product == "white-shoe" else "common" for product in shop.ids]
    table = shop.table.set_column(shop.table.column_names.index("category"), "category", pa.array(rare))
    products = Products.of(table, shop.text_vectors, shop.image_vectors, shop.has_text, shop.has_image)
    slices = query_slices(world.held_out, products)
    white_shoe = np.array([text == "white shoe" for text in world.held_out.texts])
    np.testing.assert_array_equal(slices["tail category"], white_shoe)
    np.testing.assert_array_equal(slices["head category"], ~white_shoe)


@given(st.lists(st.sampled_from(["", "a", "b", "c", "d", "e"])))
def test_head_and_tail_are_those_of_the_category_head(categories: list[str]) -> None:
    counts = Counter(category for category in categories if category)
    tail = counts.keys() - head_categories(categories)
    assert sum(counts[category] for category in tail) <= 0.2 * counts.total()
    assert all(counts[rare] <= counts[other] for rare in tail for other in counts.keys() - tail)
