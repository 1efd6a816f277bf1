import asyncio

import pytest

from vitrine.resilience.circuit_breaker import CircuitBreaker, CircuitOpenError


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def breaker_of(failures: int, clock: Clock | None = None) -> CircuitBreaker:
    """Create a breaker that opens for five seconds, and does not count a ValueError as a failure."""
    return CircuitBreaker(failures, 5, lambda error: not isinstance(error, ValueError), clock or Clock())


def outcome(breaker: CircuitBreaker, error: Exception | None = None) -> str:
    """Return the outcome of a call with this error through the breaker."""
    try:
        with breaker.guard():
            if error:
                raise error
    except CircuitOpenError:
        return "refused"
    except Exception as raised:
        return str(raised)
    return "answered"


DOWN = OSError("down")


def test_opens_after_failures_in_a_row() -> None:
    breaker = breaker_of(3)
    assert [outcome(breaker, DOWN) for _ in range(2)] == ["down", "down"]
    assert outcome(breaker) == "answered"
    assert [outcome(breaker, DOWN) for _ in range(4)] == ["down", "down", "down", "refused"]
    assert breaker.is_open
    assert breaker.consecutive_failures == 3


def test_says_why_it_is_open() -> None:
    breaker = breaker_of(1)
    outcome(breaker, DOWN)
    with pytest.raises(CircuitOpenError, match=r"^down$"), breaker.guard():
        raise AssertionError


def test_stays_closed_where_the_caller_is_to_blame() -> None:
    breaker, wrong = breaker_of(2), ValueError("wrong")
    assert [outcome(breaker, wrong) for _ in range(5)] == ["wrong"] * 5
    assert [outcome(breaker, DOWN), outcome(breaker, wrong), outcome(breaker, DOWN)] == ["down", "wrong", "down"]
    assert outcome(breaker) == "answered"


def test_half_open_lets_exactly_one_call_through() -> None:
    clock = Clock()
    breaker = breaker_of(1, clock)
    outcome(breaker, DOWN)
    clock.now += 4.9
    assert outcome(breaker) == "refused"
    clock.now += 0.2
    assert not breaker.is_open
    with breaker.guard():
        clock.now += 60
        assert breaker.is_open
        assert [outcome(breaker), outcome(breaker)] == ["refused", "refused"]
    assert [outcome(breaker), outcome(breaker)] == ["answered", "answered"]


def test_opens_again_when_the_call_that_decides_fails() -> None:
    clock = Clock()
    breaker = breaker_of(3, clock)
    for _ in range(3):
        outcome(breaker, DOWN)
    clock.now += 6
    assert [outcome(breaker, OSError("still down")), outcome(breaker)] == ["still down", "refused"]
    clock.now += 6
    assert outcome(breaker) == "answered"


def test_a_deciding_call_that_is_given_up_leaves_it_to_the_next() -> None:
    clock = Clock()
    breaker = breaker_of(1, clock)
    outcome(breaker, DOWN)
    clock.now += 6
    with pytest.raises(asyncio.CancelledError), breaker.guard():
        raise asyncio.CancelledError
    assert outcome(breaker) == "answered"
