import numpy as np

from vitrine.benchmark.slices import query_slices


def test_each_query_is_in_one_slice_of_a_kind(world) -> None:
    slices = query_slices(world.held_out, world.products)
    assert slices["1–2 words"].all()
    assert "3–4 words" not in slices
    assert (slices["source about shoe"] ^ slices["source about shirt"]).all()
    white = np.array([text.startswith("white") for text in world.held_out.texts])
    np.testing.assert_array_equal(slices["products without one"], white)
    np.testing.assert_array_equal(slices["products with an image"], ~white)
    assert "head category" not in slices  # the shop has no categories


def test_head_categories_hold_half_of_the_catalogue(world) -> None:
    import pyarrow as pa

    from vitrine.search.products import Products

    shop = world.products
    things = ["shoe" if product.endswith("shoe") else "other" for product in shop.ids]
    table = shop.table.set_column(shop.table.column_names.index("category"), "category", pa.array(things))
    products = Products.of(table, shop.text_vectors, shop.image_vectors, shop.has_text, shop.has_image)
    slices = query_slices(world.held_out, products)
    shoes = np.array([text.endswith("shoe") for text in world.held_out.texts])
    np.testing.assert_array_equal(slices["tail category"], shoes)
    np.testing.assert_array_equal(slices["head category"], ~shoes)
