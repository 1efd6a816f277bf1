import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from scipy.stats import chi2_contingency, chisquare

from vitrine.experiments.assignment import Experiment, assign_arm, new_user_id

ROOT = Path(__file__).parents[3]
USERS = [f"user-{number}" for number in range(20_000)]
SALTS = st.text(st.characters(codec="utf-8"), max_size=8)


@st.composite
def shares(draw: st.DrawFn) -> dict[str, float]:
    weights = draw(st.lists(st.integers(1, 20), min_size=2, max_size=5))
    return {f"arm {number}": weight / sum(weights) for number, weight in enumerate(weights)}


def total_variation(first: dict[str, float], second: dict[str, float]) -> float:
    return sum(abs(first.get(arm, 0) - second.get(arm, 0)) for arm in {*first, *second}) / 2


@pytest.mark.parametrize("wanted", [{"a": 0.5, "b": 0.5}, {"a": 0.9, "b": 0.1}, {"a": 0.2, "b": 0.3, "c": 0.5}])
def test_arms_get_their_shares(wanted: dict[str, float]) -> None:
    counts = Counter(assign_arm("salt", wanted, user) for user in USERS)
    p = chisquare([counts[arm] for arm in wanted], [share * len(USERS) for share in wanted.values()]).pvalue
    assert p > 0.001


@given(SALTS, shares(), st.text(max_size=20))
def test_a_user_stays_whatever_the_order_of_the_arms(salt: str, arms: dict[str, float], user: str) -> None:
    arm = assign_arm(salt, arms, user)
    assert arm in arms
    assert arm == assign_arm(salt, dict(reversed(arms.items())), user)


@given(SALTS, shares(), st.text(max_size=20), st.floats(1.01, 100))
def test_an_arm_that_grows_loses_nobody(salt: str, arms: dict[str, float], user: str, growth: float) -> None:
    weights = {**arms, "arm 0": arms["arm 0"] * growth}
    grown = {arm: weight / sum(weights.values()) for arm, weight in weights.items()}
    assert assign_arm(salt, grown, user) in (assign_arm(salt, arms, user), "arm 0")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": 0.9, "b": 0.1}, {"a": 0.5, "b": 0.5}),
        ({"a": 0.5, "b": 0.5}, {"a": 0.4, "b": 0.4, "c": 0.2}),
        ({"a": 0.4, "b": 0.4, "c": 0.2}, {"a": 0.5, "b": 0.5, "c": 0.0}),
    ],
)
def test_other_shares_move_as_few_users_as_possible(before: dict[str, float], after: dict[str, float]) -> None:
    moved = sum(assign_arm("salt", before, user) != assign_arm("salt", after, user) for user in USERS) / len(USERS)
    assert moved == pytest.approx(total_variation(before, after), abs=0.01)


def test_experiments_are_independent() -> None:
    arms = {"a": 0.5, "b": 0.3, "c": 0.2}
    first, second = Experiment(name="one", shares=arms), Experiment(name="two", shares=arms)
    together = Counter((first.arm(user), second.arm(user)) for user in USERS)
    assert chi2_contingency([[together[arm, other_arm] for other_arm in arms] for arm in arms]).pvalue > 0.001


def test_equal_salts_deal_the_same_users() -> None:
    arms = {"a": 0.5, "b": 0.5}
    first, second = (Experiment(name=name, shares=arms, salt="s") for name in ("one", "two"))
    assert [first.arm(user) for user in USERS[:200]] == [second.arm(user) for user in USERS[:200]]


def test_every_process_assigns_alike() -> None:
    code = """
from vitrine.experiments.assignment import assign_arm
print("".join(assign_arm("salt", {"a": 0.5, "b": 0.5}, f"user-{n}") for n in range(40)))
"""
    printed = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True,
            text=True, check=True,
        ).stdout
        for seed in ("1", "2")
    }  # fmt: skip
    # Written down: users that are in an experiment must not move with a release.
    assert printed == {"babbbababbabbaabbaaaabbabbbbababbababbbb\n"}


@pytest.mark.parametrize(
    ("arms", "message"),
    [
        ({"a": 0.5, "b": 0.6}, "sum to 1.1, not to 1"),
        ({"a": 1.5, "b": -0.5}, "a share of at least 0"),
        ({"": 1.0}, "needs a name"),
        ({}, "at least 1 item"),
    ],
)
def test_shares_that_make_no_sense_are_refused(arms: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Experiment(name="x", shares=arms)


def test_new_ids_are_long_and_fit_a_cookie() -> None:
    ids = {new_user_id() for _ in range(1000)}
    assert len(ids) == 1000
    assert all(len(user_id) == 22 and user_id.replace("-", "").replace("_", "").isalnum() for user_id in ids)
