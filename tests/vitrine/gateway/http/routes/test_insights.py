"""Insights from the event log, and synonyms, over HTTP."""

import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.vitrine.gateway.conftest import gateway
from tests.waiting import wait_until
from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog

KEY = {"X-API-Key": "merchant"}
DAY = 86400.0


def write(events: Path) -> None:
    now = time.time()
    with EventLog(events) as log:
        for user in range(200):
            # Every tenth user of this week, and none before, looks for an umbrella; nothing is found for vases.
            for days, query in ((10, "mug"), (1, "mug"), (1, "vase"), *([(2, "umbrella")] if user % 10 == 0 else [])):
                request = f"{user}-{days}-{query}"
                total = 0 if query == "vase" else 6
                log.put(
                    SearchEvent(time=now - days * DAY, request_id=request, user=f"u{user}", query=query, total=total)
                )
                if query == "mug":
                    log.put(FeedbackEvent(time=now - days * DAY, request_id=request, product_id="red-mug"))
        log.put(SearchEvent(time=now - DAY, request_id="own", user="u1", query="a name of one person", total=0))


@pytest.fixture(scope="module")
def synonyms(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("rewriting") / "synonyms.txt"
    path.write_text("couch => chair\n")
    return path


@pytest.fixture(scope="module")
def shop(pushed: Path, synonyms: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    events = tmp_path_factory.mktemp("events")
    write(events)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MERCHANTS", "merchant")
        settings = {
            "catalogues": {"shop": {"serving": pushed}},
            "rewriting": {"kind": "rules", "synonyms": synonyms},
            "log": {"directory": events},
            "security": {"update_keys_env": "MERCHANTS"},
        }
        with gateway(settings) as client:
            yield client


def test_insights_list_what_is_searched_and_not_found(shop: httpx.Client) -> None:
    found = shop.get("/insights", headers=KEY).json()
    assert [row["query"] for row in found["top"]] == ["mug", "vase", "umbrella"]
    assert [row["query"] for row in found["no_result"]] == ["vase"]
    assert [row["query"] for row in found["no_click"]] == ["umbrella"]
    assert {row["name"] for row in found["rising"]} == {"vase", "umbrella"}
    assert found["until"] - found["since"] == pytest.approx(7 * DAY)
    assert found["searches"] == 421
    assert found["takes_synonyms"] is True
    assert "one person" not in str(found)


def test_insights_are_kept_for_some_minutes(shop: httpx.Client) -> None:
    assert shop.get("/insights", headers=KEY).json()["until"] == shop.get("/insights", headers=KEY).json()["until"]


@pytest.mark.parametrize(("method", "path"), [("GET", "/insights"), ("POST", "/synonyms"), ("GET", "/insights/")])
def test_an_update_key_is_needed(shop: httpx.Client, client: httpx.Client, method: str, path: str) -> None:
    assert shop.request(method, path).status_code == 401
    refused = client.request(method, path)  # a gateway without update keys
    assert refused.status_code == 403
    assert "security.update_keys_env" in refused.json()["error"]


def test_a_synonym_takes_effect_without_a_restart(shop: httpx.Client, synonyms: Path) -> None:
    def rewritten() -> str | None:
        answer = shop.post("/predict", json={"query": "red beaker"}).json()["rewritten"]
        return answer and answer["query"]

    assert rewritten() is None
    done = shop.post("/synonyms", headers=KEY, json={"words": "beaker", "replacement": "mug"})
    assert (done.status_code, done.json()) == (201, {"status": "accepted"})
    wait_until(lambda: rewritten() == "red mug")
    assert synonyms.read_text() == "couch => chair\nbeaker => mug\n"
    again = shop.post("/synonyms", headers=KEY, json={"words": "beaker", "replacement": "cup"})
    assert again.status_code == 400
    assert "in line 2 already" in again.json()["error"]


def test_an_invalid_file_leaves_the_synonyms_as_they_are(shop: httpx.Client, synonyms: Path) -> None:
    before = synonyms.read_text()
    synonyms.write_text("no rule\n")
    time.sleep(0.3)  # several polls
    assert shop.post("/predict", json={"query": "couch"}).json()["rewritten"]["query"] == "chair"
    synonyms.write_text(before)


def test_without_a_log_or_a_file_the_routes_say_so(pushed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MERCHANTS", "merchant")
    settings = {"catalogues": {"shop": {"serving": pushed}}, "security": {"update_keys_env": "MERCHANTS"}}
    with gateway(settings) as bare:
        missing = bare.get("/insights", headers=KEY)
        assert (missing.status_code, missing.json()["error"]) == (404, "no event log is configured; set log.directory")
        added = bare.post("/synonyms", headers=KEY, json={"words": "beaker", "replacement": "mug"})
        assert added.status_code == 404
        assert "rewriting.synonyms" in added.json()["error"]
