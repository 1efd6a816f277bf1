"""Cache keys of rankings, and searches while versions are swapped."""

import threading
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vitrine.gateway.conftest import push
from tests.vitrine.gateway.model_server import serving_grpc, serving_rest
from tests.waiting import wait_until
from vitrine.gateway.schemas.filters import Filters
from vitrine.gateway.search.query import RankingQuery
from vitrine.gateway.search.ranking import ranking_key

VALUES = st.lists(st.text(min_size=1, max_size=5), max_size=2)
PRICE = st.none() | st.floats(0, 100)
FILTERS = st.builds(
    lambda brand, category, color, low, high: Filters.model_construct(
        brand=brand, category=category, color=color, price_min=low, price_max=high
    ),
    VALUES, VALUES, VALUES, PRICE, PRICE,
)  # fmt: skip
QUERIES = st.builds(
    RankingQuery,
    st.sampled_from(["text", "image", "both", "similar"]),
    text=st.text(max_size=5),
    image=st.binary(max_size=5),
    image_share=st.sampled_from([0.0, 0.25, 0.5]),
    product_id=st.text(max_size=3),
    filters=FILTERS,
    diversity=st.sampled_from([None, 0.0, 0.5]),
)
VERSIONS = st.tuples(st.sampled_from(["a", "b", "ab"]), st.integers(1, 12), st.sampled_from(["", "1", "2"]))


@given(st.tuples(VERSIONS, QUERIES), st.tuples(VERSIONS, QUERIES))
def test_each_query_and_version_has_its_own_cache_key(first: Any, second: Any) -> None:
    def key(version: Any, query: RankingQuery) -> str:
        return ranking_key(*version, query)

    assert (key(*first) == key(*second)) == (first == second)
    version, query = first
    assert key(version, query) == key(version, replace(query))


def test_no_request_fails_while_the_model_server_swaps_versions(
    pushed: Path, tmp_path: Path, start_gateway: Any
) -> None:
    from vitrine.serving.lifecycle.manager import ServableManager

    push(pushed, tmp_path, 1)
    servables = ServableManager(tmp_path)
    servables.refresh()
    servables.start(0.05)
    answered: dict[str, list[tuple[int, Any]]] = {"r": [], "g": []}
    stop = threading.Event()

    with ExitStack() as stack:
        stack.callback(servables.close)
        rest = {"kind": "rest", "url": stack.enter_context(serving_rest(servables))}
        grpc = {"kind": "grpc", "target": stack.enter_context(serving_grpc(servables))}
        catalogues = {
            name: {"serving": str(tmp_path), "backend": {**backend, "timeout_seconds": 20}}
            for name, backend in (("r", rest), ("g", grpc))
        }
        settings = {"catalogues": catalogues, "limits": {"rate": "9999999/day", "seconds": 60}}
        client = stack.enter_context(start_gateway(settings))

        def ask(name: str) -> None:
            number = 0
            while not stop.is_set():
                number += 1
                response = client.post(f"/{name}/search", json={"query": "red mug", "filters": {"price_min": number}})
                answered[name].append((response.status_code, response.json().get("versions", response.text)))

        threads = [threading.Thread(target=ask, args=(name,)) for name in catalogues]
        for thread in threads:
            thread.start()
        for version in (2, 3):
            push(pushed, tmp_path, version)
            for name, outcomes in answered.items():
                last = (200, {name: version})
                wait_until(lambda outcomes=outcomes, last=last: outcomes[-1:] == [last], lambda: dict(answered))
        stop.set()
        for thread in threads:
            thread.join()
    for name, outcomes in answered.items():
        assert {status for status, _ in outcomes} == {200}, [outcome for outcome in outcomes if outcome[0] != 200][:3]
        seen = [versions[name] for _, versions in outcomes]
        assert seen == sorted(seen)
        assert set(seen) == {1, 2, 3}


@pytest.mark.parametrize("kind", ["rest", "in_process"])
def test_a_model_that_fails_is_not_the_clients_fault(
    pushed: Path, tmp_path: Path, rest_url: str, start_gateway: Any, kind: str
) -> None:
    """The index has vectors of another dimension than the model, so the model refuses its inputs."""
    import json

    push(pushed, tmp_path, 1)
    description = tmp_path / "index" / "1" / "index.json"
    table = tmp_path / "index" / "1" / "vectors.parquet"
    description.write_text(json.dumps(json.loads(description.read_text()) | {"dimension": 3}))
    from pyarrow import parquet

    parquet.write_table(parquet.read_table(table).slice(0, 3), table)
    backend = {"kind": "rest", "url": rest_url, "timeout_seconds": 20} if kind == "rest" else {"kind": kind}
    with start_gateway({"catalogues": {"shop": {"serving": str(tmp_path), "backend": backend}}}) as client:
        response = client.post("/predict", json={"query": "red mug", "filters": {"price_min": 1}})
    assert response.status_code == 502
    assert response.json()["error"] == "the model failed on this request; the server's log has the details"
