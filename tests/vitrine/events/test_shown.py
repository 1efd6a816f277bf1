import pyarrow as pa

from vitrine.events.shown import shown_products

STRINGS = pa.list_(pa.string())


def searches(products: list[list[str] | None], teams: list[list[str] | None] | None = None) -> pa.Table:
    columns = {"product_ids": pa.array(products, STRINGS)}
    return pa.table(columns if teams is None else columns | {"teams": pa.array(teams, STRINGS)})


def test_each_product_has_its_search_and_its_place() -> None:
    shown = shown_products(searches([["a", "b"], [], None, ["b"]]))
    assert shown.to_pydict() == {"row": [0, 0, 3], "product_id": ["a", "b", "b"], "position": [1, 2, 1]}


def test_interleaved_lists_have_teams_and_others_have_none() -> None:
    shown = shown_products(searches([["a", "b"], ["c"], ["d", "e"]], [["x", "y"], [], None]))
    assert shown["team"].to_pylist() == ["x", "y", None, None, None]


def test_positions_count_over_all_pages_where_the_offset_is_known() -> None:
    table = searches([["a", "b"], ["c"]], [["x", "y"], []]).append_column("offset", pa.array([24, None], pa.int64()))
    assert shown_products(table)["position"].to_pylist() == [25, 26, 1]
    assert shown_products(table)["team"].to_pylist() == ["x", "y", None]


def test_several_chunks_are_one_table() -> None:
    table = pa.concat_tables([searches([["a"]]), searches([["b", "c"], ["d"]])])
    assert shown_products(table)["row"].to_pylist() == [0, 1, 1, 2]
    assert shown_products(table)["position"].to_pylist() == [1, 1, 2, 1]


def test_no_search_shows_nothing() -> None:
    assert shown_products(searches([])).num_rows == 0
