from collections.abc import Callable

import pyarrow as pa

from vitrine.features.filter_columns import with_filter_columns
from vitrine.features.offline import Embeddings, view_rows


def test_rows_with_a_vector_have_the_columns(make_embeddings: Callable[..., Embeddings]) -> None:
    views = dict(view_rows(make_embeddings(), filterable=True))
    assert views["product_text"].num_rows == 11
    assert views["product_image"].num_rows == 8
    for view in ("product_text", "product_image"):
        assert views[view].column_names[2:] == ["brand", "color", "category", "encoder", "price"]
        assert set(views[view]["encoder"].to_pylist()) == {"e" * 64}
        assert set(views[view]["brand"].to_pylist()) == {"tassel"}
        assert set(views[view]["price"].to_pylist()) == {-1}
    assert dict(view_rows(make_embeddings()))["product_text"].column_names == ["product_id", "text_vector"]


def test_colours_are_words_categories_levels_and_prices_numbers() -> None:
    ids = pa.table({"product_id": ["a", "b", "c"]})
    products = ids.append_column("color", pa.array(["Sunshine  Yellow", None, "Red"]))
    products = products.append_column("category", pa.array(["Kitchen>Mugs", None, "Bags "]))
    products = products.append_column("price", pa.array([12.5, None, float("nan")]))
    rows = with_filter_columns(ids, products, "e" * 64)
    assert rows["color"].to_pylist() == [" sunshine yellow ", "  ", " red "]
    assert rows["category"].to_pylist() == ["kitchen > mugs", "", "bags"]
    assert rows["price"].to_pylist() == [12.5, -1, -1]
