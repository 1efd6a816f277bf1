"""Several catalogues and experiments, over HTTP."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest

from tests.vitrine.gateway.conftest import gateway, push
from tests.waiting import HANG_SECONDS
from vitrine.events.reading import read_events


@pytest.fixture(scope="module")
def events(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("events")


@pytest.fixture(scope="module")
def second(pushed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same shop, as version 2 of another directory."""
    serving = tmp_path_factory.mktemp("second") / "serving"
    push(pushed, serving, 2)
    return serving


@pytest.fixture(scope="module")
def two(pushed: Path, second: Path, events: Path) -> Iterator[httpx.Client]:
    settings = {
        "catalogues": {"first": {"serving": pushed}, "second": {"serving": second}},
        "experiment": {"name": "spring", "a": "first", "b": "second"},
        "log": {"directory": events},
        "limits": {"rate": "100000/minute"},
    }
    with gateway(settings) as client:
        yield client


def ask(client: httpx.Client, path: str, query: str = "red mug", user: str = "u1", **more: Any) -> Any:
    response = client.post(path, json={"query": query, **more}, headers={"x-user-id": user})
    assert response.status_code == 200, response.text
    return response.json()


def ids(answer: Any) -> list[str]:
    return [result["product_id"] for result in answer["results"]]


def test_without_a_name_the_catalogue_that_answers_best_is_asked(two: httpx.Client) -> None:
    answer = ask(two, "/predict")
    assert answer["route"]["reason"] == "routed"
    assert len(answer["route"]["catalogues"]) == 1
    assert ids(answer)[0] == "red-mug"


def test_all_catalogues_are_merged_by_comparable_score(two: httpx.Client) -> None:
    answer = ask(two, "/all/search", k=40)
    assert answer["total"] == 40
    assert answer["versions"] == {"first": 1, "second": 2}
    comparable = [result["comparable"] for result in answer["results"]]
    assert comparable == sorted(comparable, reverse=True)
    assert Counter(result["catalogue"] for result in answer["results"]) == {"first": 20, "second": 20}
    assert ids(answer)[:2] == ["red-mug", "red-mug"]


def test_each_catalogue_has_its_places_among_all_and_its_own_order(two: httpx.Client) -> None:
    plain, diverse = (ask(two, "/all/search", k=40, diversity=diversity) for diversity in (0.0, 0.7))
    assert diverse["diversity"] == {"first": 0.7, "second": 0.7}
    places = [[result["catalogue"] for result in answer["results"]] for answer in (plain, diverse)]
    assert places[0] == places[1]
    of_first = [result["product_id"] for result in diverse["results"] if result["catalogue"] == "first"]
    assert of_first == ids(ask(two, "/first/search", k=40, diversity=0.7))


def test_filters_and_facets_hold_for_all_catalogues_together(two: httpx.Client) -> None:
    answer = ask(two, "/all/search", filters={"category": ["mug"]}, facets=True)
    assert answer["total"] == 8
    assert {"value": "mug", "count": 8} in answer["facets"]["category"]
    assert sum(count["count"] for count in answer["facets"]["category"]) == 40
    assert sum(count["count"] for count in answer["facets"]["color"]) == 8


def test_products_are_found_in_any_catalogue(two: httpx.Client) -> None:
    assert two.get("/products/red-mug").json()["catalogue"] == "first"
    product = two.get("/products/red-mug", params={"catalogue": "second"}).json()
    assert product["catalogue"] == "second"
    assert product["image_url"] == "/products/red-mug/image?catalogue=second"
    assert two.get("/products/red-mug", params={"catalogue": "third"}).status_code == 404


@pytest.mark.parametrize(("path", "catalogue", "arm"), [("/search_a", "first", "a"), ("/search_b", "second", "b")])
def test_each_arm_can_be_asked(two: httpx.Client, path: str, catalogue: str, arm: str) -> None:
    answer = ask(two, path)
    assert answer["route"] == {"catalogues": [catalogue], "reason": "experiment"}
    assert answer["experiment"] == {"name": "spring", "arm": arm, "mode": "forced"}
    assert {result["arm"] for result in answer["results"]} == {arm}


def test_the_best_arm_answers(two: httpx.Client) -> None:
    answer = ask(two, "/search_best")
    assert answer["experiment"]["mode"] == "best"
    assert answer["experiment"]["arm"] in "ab"
    assert ids(answer)[0] == "red-mug"


def test_users_stay_in_their_arm_and_both_arms_have_users(two: httpx.Client) -> None:
    arms = {user: ask(two, "/search_ab", user=f"user-{user}", k=1)["experiment"]["arm"] for user in range(60)}
    again = {user: ask(two, "/search_ab", user=f"user-{user}", k=1)["experiment"]["arm"] for user in range(60)}
    assert arms == again
    assert 15 <= Counter(arms.values())["a"] <= 45


def test_a_user_without_an_id_gets_one_in_a_cookie(two: httpx.Client) -> None:
    with httpx.Client(base_url=two.base_url, timeout=HANG_SECONDS) as fresh:
        response = fresh.post("/search_ab", json={"query": "red mug"})
        cookie = response.headers["set-cookie"].lower()
        assert "vitrine_user=" in cookie
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        again = fresh.post("/search_ab", json={"query": "red mug"})
        assert "set-cookie" not in again.headers
        assert again.json()["experiment"] == response.json()["experiment"]


def rows(table_of: Path, kind: str) -> list[dict[str, Any]]:
    return pa.concat_tables(list(read_events(table_of, kind))).to_pylist()


def test_searches_and_feedback_are_kept_with_all_that_was_shown(pushed: Path, tmp_path: Path) -> None:
    with gateway({"catalogues": {"shop": {"serving": pushed}}, "log": {"directory": tmp_path}}) as client:
        answer = ask(client, "/predict", "red shiirt", user="ann", k=3)
        junk = ask(client, "/predict", "xqzt wvkk pfgh", user="ann")
        body = {"request_id": answer["request_id"], "product_id": "red-shirt", "kind": "click", "position": 1}
        client.post("/feedback", json=body, headers={"x-user-id": "ann"})
    first, last = rows(tmp_path, "search")
    assert first["request_id"] == answer["request_id"]
    assert (first["user"], first["catalogue"], first["version"]) == ("ann", "shop", 1)
    assert (first["query"], first["rewrite"], first["kind"], first["route"]) == (
        "red shiirt", "red shirt", "text", "only",
    )  # fmt: skip
    assert first["product_ids"] == ids(answer)
    assert first["scores"] == [result["score"] for result in answer["results"]]
    assert 0 < first["latency_ms"] < 60_000
    assert first["cached"] is False  # its own ranking and vector, which other parts of it look up, are not another's
    assert (last["request_id"], last["junk"], last["product_ids"]) == (junk["request_id"], True, [])
    (click,) = rows(tmp_path, "feedback")
    assert (click["user"], click["product_id"], click["kind"], click["position"]) == ("ann", "red-shirt", "click", 1)


def test_an_answer_is_cached_if_it_has_a_part_of_an_earlier_one(pushed: Path, tmp_path: Path) -> None:
    with gateway({"catalogues": {"shop": {"serving": pushed}}, "log": {"directory": tmp_path}}) as client:
        for query in ("red mug", "red mug", "red shirt", "  red mug"):
            ask(client, "/predict", query)
        ask(client, "/predict", "red shirt", filters={"color": ["red"]})  # another ranking, by the same vector
    assert [row["cached"] for row in rows(tmp_path, "search")] == [False, True, False, True, True]


def test_interleaved_lists_say_which_arm_gave_each_result(pushed: Path, second: Path, tmp_path: Path) -> None:
    settings = {
        "catalogues": {"first": {"serving": pushed}, "second": {"serving": second}},
        "experiment": {"name": "draft", "a": "first", "b": "second", "mode": "interleave", "everywhere": True},
        "default": "first",
        "log": {"directory": tmp_path},
    }
    with gateway(settings) as client:
        answer = ask(client, "/predict", k=10)
        pages = ids(ask(client, "/predict", k=5)) + ids(ask(client, "/predict", k=5, offset=5))
    assert answer["experiment"] == {"name": "draft", "arm": "both", "mode": "interleave"}
    assert len(set(ids(answer))) == 10
    assert Counter(result["arm"] for result in answer["results"]) == {"a": 5, "b": 5}
    assert pages == ids(answer)
    first = rows(tmp_path, "search")[0]
    assert first["teams"] == [result["arm"] for result in answer["results"]]
    assert (first["experiment"], first["arm"]) == ("draft", "")


def test_the_log_says_whether_an_arm_was_named(pushed: Path, second: Path, tmp_path: Path) -> None:
    settings = {
        "catalogues": {"first": {"serving": pushed}, "second": {"serving": second}},
        "experiment": {"name": "spring", "a": "first", "b": "second", "mode": "split"},
        "default": "first",
        "log": {"directory": tmp_path},
    }
    with gateway(settings) as client:
        for path in ("/search_a", "/search_ab", "/search_best", "/predict"):
            ask(client, path)
    assert [(row["forced"], bool(row["arm"])) for row in rows(tmp_path, "search")] == [
        (True, True), (False, True), (False, False), (False, False),
    ]  # fmt: skip


def test_one_catalogue_that_fails_does_not_fail_the_others(pushed: Path, tmp_path: Path) -> None:
    dead = {"serving": pushed, "backend": {"kind": "rest", "url": "http://127.0.0.1:9", "timeout_seconds": 0.5}}
    with gateway({"catalogues": {"alive": {"serving": pushed}, "dead": dead}}, "degraded") as client:
        assert ids(ask(client, "/all/search"))[0] == "red-mug"
        assert ask(client, "/predict")["route"]["catalogues"] == ["alive"]
        refused = client.post("/dead/search", json={"query": "red mug"})
        assert refused.status_code == 503
        assert refused.json()["error"] == "the catalogue cannot be searched at the moment; /ready says why"
        assert "cannot be reached" in client.get("/ready").json()["catalogues"]["dead"]
        assert [catalogue["name"] for catalogue in client.get("/models").json()["catalogues"]] == ["alive"]
