from vitrine.data.adapters import large_catalogues
from vitrine.data.adapters.derived_judgements import InformationNeed, judge


def need(query: str, count: int) -> InformationNeed:
    return InformationNeed(query, {f"{query} {number}" for number in range(count)}, set(), set())


def test_queries_with_too_many_answers_or_none_are_not_asked():
    needs = [
        need("none", 0),
        need("one", 1),
        need("most", large_catalogues.MAX_EXACT),
        need("more", large_catalogues.MAX_EXACT + 1),
    ]
    assert [chosen_need.query for chosen_need in large_catalogues.choose_needs(needs)] == ["most", "one"]


def test_the_queries_asked_do_not_depend_on_their_order(monkeypatch):
    monkeypatch.setattr(large_catalogues, "QUERIES", 5)
    needs = [need(f"query {number}", 1) for number in range(40)]
    chosen = {chosen_need.query for chosen_need in large_catalogues.choose_needs(needs)}
    assert len(chosen) == 5
    assert {chosen_need.query for chosen_need in large_catalogues.choose_needs(needs[::-1])} == chosen
    assert {
        chosen_need.query for chosen_need in large_catalogues.choose_needs([*needs, need(f"{min(chosen).upper()} ", 1)])
    } >= chosen


def test_a_kinds_candidates_hold_all_of_it_that_may_be_irrelevant(monkeypatch):
    monkeypatch.setattr(large_catalogues, "POOL", 100)
    monkeypatch.setattr(large_catalogues, "CANDIDATES", 5)
    kinds = {kind: [f"{kind}{number}" for number in range(count)] for kind, count in (("a", 300), ("b", 60), ("c", 2))}
    pool, candidates = large_catalogues.choose_products(kinds)
    assert len(pool) == 100
    assert {kind: len(ids) >= min(5, len(kinds[kind])) for kind, ids in candidates.items()} == dict.fromkeys(
        "abc", True
    )
    assert all(candidates[product[0]] >= {product} for product in pool)


def test_labels_come_from_the_bounded_sets(monkeypatch, tmp_path):
    monkeypatch.setattr(large_catalogues, "POOL", 3)
    kinds = {kind: [f"{kind}{number}" for number in range(9)] for kind in "ab"}
    pool, candidates = large_catalogues.choose_products(kinds)
    judged = judge([InformationNeed("a1", {"a1"}, candidates["a"], candidates["b"])], pool, tmp_path).table
    labels = zip(judged["product_id"].to_pylist(), judged["esci_label"].to_pylist(), strict=True)
    assert {(product[0], label) for product, label in labels} == {("a", "E"), ("a", "S"), ("b", "C")}
