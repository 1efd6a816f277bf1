import asyncio
import time

from vitrine.resilience.pace import Pace


def turns(pace: Pace, *hosts: str) -> float:
    async def all_at_once() -> None:
        await asyncio.gather(*(pace.turn(host) for host in hosts))

    started = time.monotonic()
    asyncio.run(all_at_once())
    return time.monotonic() - started


def test_requests_to_one_host_are_spread() -> None:
    assert turns(Pace(per_second=20), *["a"] * 6) >= 0.24


def test_hosts_do_not_wait_for_each_other() -> None:
    assert turns(Pace(per_second=0.1), *"abcdef") < 10


def test_a_paused_host_is_left_alone() -> None:
    pace = Pace(per_second=1000)
    pace.pause("a", 0.3)
    started = time.monotonic()
    turns(pace, "b", "a")
    assert time.monotonic() - started >= 0.29
