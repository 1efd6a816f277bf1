import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.data.contract.splits import fold, is_eval, is_validation, normalise, position, sample, split_of

TEXT = st.text(max_size=60)


@given(TEXT)
def test_normalising_twice_is_normalising_once(query):
    assert normalise(normalise(query)) == normalise(query)


@given(TEXT, st.integers(1, 1000))
def test_a_query_keeps_its_fold_whatever_its_case_and_spacing(query, buckets):
    assert fold(f"  {query}\t", buckets) == fold(query, buckets)
    assert 0 <= fold(query, buckets) < buckets


def test_folds_do_not_change_between_releases():
    assert [fold(query, 10) for query in ("red mug", "Red  Mug", "usb kabel", "café", "cafe\u0301")] == [9, 9, 6, 9, 9]


def test_folds_are_uniform():
    counts = [0] * 10
    for number in range(20_000):
        counts[fold(f"query {number}", 10)] += 1
    # Chi-squared with 9 degrees of freedom exceeds 27.9 once in a thousand.
    assert sum((count - 2_000) ** 2 / 2_000 for count in counts) < 27.9


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_eval_share_is_what_was_asked_for(share):
    held_out = sum(is_eval(f"query {number}", share) for number in range(5_000)) / 5_000
    assert held_out == pytest.approx(share, abs=0.02)


def test_validation_is_independent_of_eval():
    queries = [f"query {number}" for number in range(20_000)]
    both = sum(is_eval(query) and is_validation(query) for query in queries) / len(queries)
    assert both == pytest.approx(0.2 * 0.15, abs=0.005)


def test_a_sample_depends_on_the_queries_and_not_on_their_order():
    queries = [f"query {number}" for number in range(100)]
    chosen = sample(queries, 10, "salt")
    assert chosen == sample(reversed(queries), 10, "salt") != sample(queries, 10, "other")
    assert max(position(query, "salt") for query in chosen) < min(
        position(query, "salt") for query in set(queries) - set(chosen)
    )
    assert sorted(sample(queries, 1000, "salt")) == sorted(queries)


def test_a_query_without_a_split_gets_that_of_its_hash():
    queries = [f"query {number}" for number in range(100)]
    assert [split_of(query) == "eval" for query in queries] == [is_eval(query) for query in queries]
