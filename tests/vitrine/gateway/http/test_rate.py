import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.gateway.http import rate as module
from vitrine.gateway.http.rate import Rate, network_of


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_one_too_many_waits_for_the_windows_end() -> None:
    clock = Clock()
    rate = Rate("2/minute", clock)
    assert [rate.wait("a"), rate.wait("a"), rate.wait("a"), rate.wait("b")] == [0, 0, 60, 0]
    clock.now += 59
    assert rate.wait("a") == 1
    clock.now += 1
    assert [rate.wait("a"), rate.wait("a"), rate.wait("a")] == [0, 0, 60]


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab")), max_size=40), st.integers(1, 4))
def test_no_window_has_more_than_the_rate(requests: list[tuple[float, str]], count: int) -> None:
    clock = Clock()
    rate = Rate(f"{count}/minute", clock)
    begun: dict[str, list[float]] = {"a": [], "b": []}
    for pause, client in requests:
        clock.now += pause
        wait = rate.wait(client)
        assert 0 <= wait <= 60
        if not wait:
            begun[client].append(clock.now)
    for times in begun.values():
        # Two windows may meet: no more than twice the rate in a minute, whatever is tried.
        assert all(times[at + 2 * count] - times[at] >= 60 for at in range(len(times) - 2 * count))


def test_any_number_of_clients_takes_bounded_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CLIENTS", 100)
    rate = Rate("1/day")
    for number in range(1000):
        rate.wait(str(number))
    assert len(rate._windows) == 100


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
