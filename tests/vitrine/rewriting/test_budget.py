import pytest

from vitrine.rewriting.budget import Budget
from vitrine.rewriting.settings import BudgetSettings


class Clock:
    now = 86_400 * 20_000

    def __call__(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr("throttled.utils.now_sec", clock)
    monkeypatch.setattr("throttled.utils.now_mono_f", lambda: float(clock.now))
    return clock


def test_a_minutes_budget_comes_back_with_the_next_minute(clock: Clock) -> None:
    budget = Budget(BudgetSettings(per_minute=2, per_day=10))
    assert [budget.spend() for _ in range(3)] == ["", "", "budget of this minute is spent"]
    clock.now += 60
    assert budget.spend() == ""


def test_a_refused_call_costs_nothing_of_the_day(clock: Clock) -> None:
    budget = Budget(BudgetSettings(per_minute=2, per_day=3))
    assert [budget.spend() for _ in range(5)] == ["", ""] + ["budget of this minute is spent"] * 3
    clock.now += 60
    assert [budget.spend(), budget.spend()] == ["", "budget of this day is spent"]
    clock.now += 86_400
    assert budget.spend() == ""
