from pathlib import Path

import pyarrow as pa

from vitrine.features.row_changes import find_changes, read_digests, row_digests, write_digests


def rows(**values: list[object]) -> pa.Table:
    """Rows of a view with a text and a vector of two numbers."""
    vectors = pa.array(values["vector"], pa.list_(pa.float32(), 2))
    return pa.table({"product_id": pa.array(values["ids"], pa.string()), "title": values["title"], "vector": vectors})


BEFORE = rows(ids=["a", "b", "c"], title=["mug", "bag", "lamp"], vector=[[1, 0], [0, 1], [1, 1]])


def test_new_different_and_removed_rows_are_found() -> None:
    earlier = find_changes(BEFORE, None).present
    after = rows(ids=["d", "c", "a"], title=["tie", "lamp", "mug"], vector=[[1, 0], [1, 2], [1, 0]])
    changes = find_changes(after, earlier)
    assert changes.rows["product_id"].to_pylist() == ["d", "c"]
    assert changes.removed.to_pylist() == ["b"]
    assert changes.present["product_id"].to_pylist() == ["d", "c", "a"]


def test_without_an_earlier_registration_every_row_is_new() -> None:
    changes = find_changes(BEFORE, None)
    assert (changes.rows, changes.removed.to_pylist()) == (BEFORE, [])


def test_a_digest_depends_on_values_and_names_and_not_on_chunks() -> None:
    digests = row_digests(BEFORE).to_pylist()
    assert len(set(digests)) == 3
    assert row_digests(pa.concat_tables([BEFORE.slice(0, 1), BEFORE.slice(1)])).to_pylist() == digests
    assert set(digests).isdisjoint(row_digests(BEFORE.rename_columns(["product_id", "name", "vector"])).to_pylist())
    moved = rows(ids=["a"], title=["mu"], vector=[[1, 0]]), rows(ids=["am"], title=["u"], vector=[[1, 0]])
    assert row_digests(moved[0]) != row_digests(moved[1])


def test_a_view_without_rows_has_no_digests() -> None:
    changes = find_changes(BEFORE.slice(0, 0), find_changes(BEFORE, None).present)
    assert (len(changes.rows), changes.removed.to_pylist(), len(changes.present)) == (0, ["a", "b", "c"], 0)


def test_digests_are_kept_in_the_feature_store(tmp_path: Path) -> None:
    assert read_digests(tmp_path, "product_text") is None
    present = find_changes(BEFORE, None).present
    write_digests(tmp_path, "product_text", present)
    assert read_digests(tmp_path, "product_text") == present
