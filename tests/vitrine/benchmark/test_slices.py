import numpy as np

from vitrine.benchmark.slices import query_slices


def test_each_query_is_in_one_slice_of_a_kind(world) -> None:
    slices = query_slices(world.held_out, world.products)
    assert slices["1–2 words"].all()
    assert "3–4 words" not in slices
    assert (slices["source about shoe"] ^ slices["source about shirt"]).all()
    white = np.array([text.startswith("white") for text in world.held_out.texts])
    np.testing.assert_array_equal(slices["answers without one"], white)
    np.testing.assert_array_equal(slices["answers with a picture"], ~white)
    assert "head category" not in slices  # the shop has no categories


def test_head_categories_hold_half_of_the_catalogue(world) -> None:
    import pyarrow as pa

    from vitrine.search.products import Products

    one = world.products
    things = ["shoe" if product.endswith("shoe") else "other" for product in one.ids]
    table = one.table.set_column(one.table.column_names.index("category"), "category", pa.array(things))
    products = Products.of(table, one.text_vectors, one.image_vectors, one.has_text, one.has_image)
    slices = query_slices(world.held_out, products)
    shoes = np.array([text.endswith("shoe") for text in world.held_out.texts])
    np.testing.assert_array_equal(slices["tail category"], shoes)
    np.testing.assert_array_equal(slices["head category"], ~shoes)
