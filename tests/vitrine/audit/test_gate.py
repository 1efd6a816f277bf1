import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.audit.gate import missed, with_thresholds
from vitrine.audit.section import Figure, Section, skipped


def section(*figures: Figure) -> Section:
    return Section("robustness", "Robustness", "", figures)


def loss(value: float, name: str = "typo_swap") -> Figure:
    return Figure(f"robustness.{name}.ndcg_loss", value, value - 0.01, value + 0.01, 50, "low")


def refused(value: float) -> Figure:
    return Figure("robustness.junk.refused", value, value, value, 40, "high")


def test_a_threshold_is_the_highest_low_value_and_the_lowest_high_one() -> None:
    gate = {"robustness.typo_swap.ndcg_loss": 0.05, "robustness.junk.refused": 0.95}
    [judged] = with_thresholds([section(loss(0.05), refused(0.95))], gate)
    assert [figure.passed for figure in judged.figures] == [True, True]
    [judged] = with_thresholds([section(loss(0.06), refused(0.94))], gate)
    assert [figure.passed for figure in judged.figures] == [False, False]
    assert missed([judged], gate) == [
        "robustness.typo_swap.ndcg_loss is 0.0600 [0.0500, 0.0700] on 50; audit.gate allows at most 0.05",
        "robustness.junk.refused is 0.9400 [0.9400, 0.9400] on 40; audit.gate allows at least 0.95",
    ]


def test_of_several_keys_that_match_the_longest_applies() -> None:
    gate = {"robustness.*.ndcg_loss": 0.05, "robustness.typo_drop.ndcg_loss": 0.1}
    [judged] = with_thresholds([section(loss(0.08), loss(0.08, "typo_drop"))], gate)
    assert [figure.passed for figure in judged.figures] == [False, True]


def test_a_key_without_a_figure_is_missed_with_the_reason() -> None:
    gate = {"robustness.typo_swop.ndcg_loss": 0.05}
    assert missed([section(loss(0.0))], gate) == [
        "audit.gate: robustness.typo_swop.ndcg_loss has no figure: the report of `vitrine audit` lists the keys"
    ]
    reasons = missed([skipped("robustness", "Robustness", "there are no held-out judgements")], gate)
    assert reasons == ["audit.gate: robustness.typo_swop.ndcg_loss has no figure: there are no held-out judgements"]


@given(st.floats(allow_nan=False))
def test_a_value_that_was_not_measured_keeps_to_no_threshold(bound: float) -> None:
    [judged] = with_thresholds([section(loss(float("nan")))], {"robustness.*": bound})
    assert judged.figures[0].passed is False


@pytest.mark.parametrize("gate", [{}, {"refusals.real.lost": 0.0}])
def test_without_a_threshold_nothing_is_judged(gate: dict[str, float]) -> None:
    [judged] = with_thresholds([section(loss(1.0))], gate)
    assert judged.figures[0].passed is None
