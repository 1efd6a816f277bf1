import numpy as np
import pandas as pd
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from vitrine.monitoring.latency import Latencies
from vitrine.monitoring.searches import SearchBlock


def block(milliseconds: list[float], route: str = "only", cached: list[bool | None] | None = None) -> SearchBlock:
    frame = pd.DataFrame({"latency_ms": milliseconds}).assign(route=route, catalogue="shop", version=1)
    frame["cached"] = pd.Series(cached or [None] * len(milliseconds), dtype=object)
    return SearchBlock(frame, pa.chunked_array([], pa.list_(pa.string())))


@given(st.lists(st.floats(0.02, 1e6), min_size=1, max_size=60))
def test_quantiles_are_within_a_percent(milliseconds: list[float]) -> None:
    latencies = Latencies()
    latencies.add(block(milliseconds))
    (found,) = latencies.quantiles()
    exact = np.quantile(milliseconds, [0.5, 0.95, 0.99], method="inverted_cdf")
    np.testing.assert_allclose([found.p50_ms, found.p95_ms, found.p99_ms], exact, rtol=0.0101)


def test_blocks_add_up_and_the_largest_group_is_first() -> None:
    latencies = Latencies()
    latencies.add(block([5.0], "all"))
    for _ in range(2):
        latencies.add(block([10.0, 20.0]))
    assert [(each.route, each.searches) for each in latencies.quantiles()] == [("only", 4), ("all", 1)]


def test_zero_and_missing_latencies_count() -> None:
    latencies = Latencies()
    latencies.add(block([0.0, float("nan"), 1.0]))
    assert latencies.quantiles()[0].searches == 3


def test_the_cached_share_is_that_of_the_searches_of_which_it_is_known() -> None:
    latencies = Latencies()
    latencies.add(block([5.0, 5.0], "old"))
    latencies.add(block([5.0, 9.0], cached=[True, False]))
    latencies.add(block([5.0, 5.0, 5.0], cached=[True, True, None]))
    assert {each.route: each.cached for each in latencies.quantiles()} == {"only": 0.75, "old": None}
