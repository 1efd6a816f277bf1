"""Each question of each edition has a ranking of its own; and versions may be swapped while they are made."""

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
from vitrine.gateway.ranking import Question, ranking_key
from vitrine.gateway.schemas import Filters

VALUES = st.lists(st.text(min_size=1, max_size=5), max_size=2)
PRICE = st.none() | st.floats(0, 100)
FILTERS = st.builds(
    lambda brand, category, color, low, high: Filters.model_construct(
        brand=brand, category=category, color=color, price_min=low, price_max=high
    ),
    VALUES, VALUES, VALUES, PRICE, PRICE,
)  # fmt: skip
QUESTIONS = st.builds(
    Question,
    st.sampled_from(["text", "image", "both", "similar"]),
    text=st.text(max_size=5),
    image=st.binary(max_size=5),
    image_share=st.sampled_from([0.0, 0.25, 0.5]),
    product_id=st.text(max_size=3),
    filters=FILTERS,
)
EDITIONS = st.tuples(st.sampled_from(["a", "b", "ab"]), st.integers(1, 12), st.sampled_from(["", "1", "2"]))


@given(EDITIONS, QUESTIONS, EDITIONS, QUESTIONS)
def test_different_questions_are_kept_in_different_places(one: Any, first: Any, other: Any, second: Any) -> None:
    assert (ranking_key(*one, first) == ranking_key(*other, second)) == ((one, first) == (other, second))
    assert ranking_key(*one, first) == ranking_key(*one, replace(first))


def test_no_request_fails_while_the_model_server_swaps_versions(
    pushed: Path, tmp_path: Path, start_gateway: Any
) -> None:
    from vitrine.serving.servables import Servables

    push(pushed, tmp_path, 1)
    servables = Servables(tmp_path)
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
        for one in threads:
            one.start()
        for version in (2, 3):
            push(pushed, tmp_path, version)
            for name, each in answered.items():
                last = (200, {name: version})
                wait_until(lambda each=each, last=last: each[-1:] == [last], lambda: dict(answered))
        stop.set()
        for one in threads:
            one.join()
    for name, each in answered.items():
        assert {status for status, _ in each} == {200}, [one for one in each if one[0] != 200][:3]
        seen = [versions[name] for _, versions in each]
        assert seen == sorted(seen)
        assert set(seen) == {1, 2, 3}


@pytest.mark.parametrize("kind", ["rest", "in_process"])
def test_a_model_that_fails_is_not_the_askers_fault(
    pushed: Path, tmp_path: Path, rest_url: str, start_gateway: Any, kind: str
) -> None:
    """An index of other vectors than the model's: what it is asked with does not fit."""
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
