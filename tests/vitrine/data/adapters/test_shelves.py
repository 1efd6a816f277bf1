from vitrine.data.adapters import shelves
from vitrine.data.adapters.derived import Need, judge


def need(query: str, count: int) -> Need:
    return Need(query, {f"{query} {number}" for number in range(count)}, set(), set())


def test_queries_with_too_many_answers_or_none_are_not_asked():
    needs = [need("none", 0), need("one", 1), need("most", shelves.MOST_EXACT), need("more", shelves.MOST_EXACT + 1)]
    assert [each.query for each in shelves.asked(needs)] == ["one", "most"]


def test_the_queries_asked_do_not_depend_on_their_order(monkeypatch):
    monkeypatch.setattr(shelves, "QUERIES", 5)
    needs = [need(f"query {number}", 1) for number in range(40)]
    asked = {each.query for each in shelves.asked(needs)}
    assert len(asked) == 5
    assert {each.query for each in shelves.asked(needs[::-1])} == asked
    assert {each.query for each in shelves.asked([*needs, need(f"{min(asked).upper()} ", 1)])} >= asked


def test_a_kinds_candidates_hold_all_of_it_that_may_be_irrelevant(monkeypatch):
    monkeypatch.setattr(shelves, "POOL", 100)
    monkeypatch.setattr(shelves, "CANDIDATES", 5)
    kinds = {kind: [f"{kind}{number}" for number in range(count)] for kind, count in (("a", 300), ("b", 60), ("c", 2))}
    pool, candidates = shelves.arranged(kinds)
    assert len(pool) == 100
    assert {kind: len(ids) >= min(5, len(kinds[kind])) for kind, ids in candidates.items()} == dict.fromkeys(
        "abc", True
    )
    assert all(candidates[product[0]] >= {product} for product in pool)


def test_labels_come_from_the_bounded_sets(monkeypatch, tmp_path):
    monkeypatch.setattr(shelves, "POOL", 3)
    kinds = {kind: [f"{kind}{number}" for number in range(9)] for kind in "ab"}
    pool, candidates = shelves.arranged(kinds)
    judged = judge([Need("a1", {"a1"}, candidates["a"], candidates["b"])], pool, tmp_path).table
    labels = zip(judged["product_id"].to_pylist(), judged["esci_label"].to_pylist(), strict=True)
    assert {(product[0], label) for product, label in labels} == {("a", "E"), ("a", "S"), ("b", "C")}
