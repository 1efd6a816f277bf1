from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from vitrine.gateway.http.rate import client_rate, network_of

ROUNDING = 1e-6
"""Seconds by which sums of the clock's floats may differ."""


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    clock = Clock()
    monkeypatch.setattr("throttled.utils.now_mono_f", clock)
    return clock


def test_one_too_many_waits_until_there_is_room(clock: Clock) -> None:
    rate = client_rate("2/minute")
    assert [rate.limit(client).limited for client in "aaab"] == [False, False, True, False]
    refused = rate.limit("a")
    assert (refused.limited, refused.state.retry_after) == (True, 30)
    clock.now += 29
    assert rate.limit("a").limited
    clock.now += 1
    assert [rate.limit("a").limited, rate.limit("a").limited] == [False, True]
    clock.now += 60
    assert [rate.limit("a").limited for _ in range(3)] == [False, False, True]


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab")), max_size=40), st.integers(1, 4))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_minute_has_more_than_twice_the_rate(clock: Clock, asked: list[tuple[float, str]], count: int) -> None:
    rate = client_rate(f"{count}/minute")
    admitted: dict[str, list[float]] = {"a": [], "b": []}
    for pause, client in asked:
        clock.now += pause
        answer = rate.limit(client)
        assert 0 <= answer.state.retry_after <= 60 + ROUNDING
        if not answer.limited:
            admitted[client].append(clock.now)
    for times in admitted.values():
        # A burst, and what a minute brings after it.
        assert all(times[at + 2 * count] - times[at] >= 60 - ROUNDING for at in range(len(times) - 2 * count))


def test_any_number_of_clients_takes_bounded_room_and_the_newest_are_counted(clock: Clock) -> None:
    rate = client_rate("1/day", clients=100)
    for number in range(1000):
        rate.limit(str(number))
    assert [number for number in range(1000) if rate.peek(str(number)).remaining == 0] == list(range(900, 1000))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::9%eth0", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("unknown", "unknown"),
        ("x" * 5000, "x" * 64),
        ("", ""),
    ],
)
def test_whose_address_it_is(address: str, network: str) -> None:
    assert network_of(address) == network
