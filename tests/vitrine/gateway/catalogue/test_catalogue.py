"""New versions take over while requests go on."""

import shutil
import threading
import time
from pathlib import Path
from typing import Any

import httpx

from tests.vitrine.gateway.conftest import gateway, push
from tests.waiting import HANG_SECONDS, wait_until


def version(client: httpx.Client) -> int:
    return int(client.get("/models").json()["catalogues"][0]["version"])


def wait_for(client: httpx.Client, wanted: int) -> None:
    wait_until(lambda: version(client) == wanted, lambda: client.get("/ready").text)


def test_new_versions_take_over_with_no_failed_request(pushed: Path, tmp_path: Path) -> None:
    push(pushed, tmp_path, 1)
    answers: list[tuple[int, Any]] = []
    done = threading.Event()
    with gateway({"catalogues": {"shop": {"serving": tmp_path}}, "limits": {"rate": "1000000/minute"}}) as client:

        def ask(number: int) -> None:
            with httpx.Client(base_url=client.base_url, timeout=HANG_SECONDS) as own_client:
                turn = 0
                while not done.is_set():
                    turn += 1
                    query = {"query": f"red mug {number} {turn}", "filters": {"category": ["mug"]}, "rewrite": False}
                    response = own_client.post("/predict", json=query)
                    answers.append((response.status_code, response.json()))

        threads = [threading.Thread(target=ask, args=(number,)) for number in range(3)]
        for thread in threads:
            thread.start()
        for following in (2, 3):
            push(pushed, tmp_path, following)
            wait_for(client, following)
        done.set()
        for thread in threads:
            thread.join()
    failed = [body for status, body in answers if status != 200]
    assert not failed
    assert {body["versions"]["shop"] for _, body in answers} == {1, 2, 3}
    assert {len(body["results"]) for _, body in answers} == {4}


def test_a_model_without_its_index_waits_for_it(pushed: Path, tmp_path: Path) -> None:
    push(pushed, tmp_path, 1)
    with gateway({"catalogues": {"shop": {"serving": tmp_path}}}) as client:
        shutil.copytree(pushed / "index" / "1", tmp_path / "index" / ".late")
        shutil.copytree(pushed / "product_search" / "1", tmp_path / "product_search" / ".new")
        (tmp_path / "index" / ".late").rename(tmp_path / "index" / "2")
        time.sleep(0.3)
        assert version(client) == 1  # an index without its model changes nothing
        (tmp_path / "product_search" / ".new").rename(tmp_path / "product_search" / "2")
        wait_for(client, 2)
        assert client.post("/predict", json={"query": "red mug"}).json()["versions"] == {"shop": 2}


def test_an_unreadable_index_is_reported_and_the_served_version_stays(pushed: Path, tmp_path: Path) -> None:
    push(pushed, tmp_path, 1)
    with gateway({"catalogues": {"shop": {"serving": tmp_path}}}) as client:
        (tmp_path / "index" / "2").mkdir()
        (tmp_path / "index" / "2" / "index.json").write_text("{")
        shutil.copytree(pushed / "product_search" / "1", tmp_path / "product_search" / ".new")
        (tmp_path / "product_search" / ".new").rename(tmp_path / "product_search" / "2")
        wait_until(lambda: client.get("/ready").json()["status"] == "degraded")
        assert "index.json" in client.get("/ready").json()["catalogues"]["shop"]


def test_a_version_can_be_pinned(pushed: Path, tmp_path: Path) -> None:
    push(pushed, tmp_path, 4)
    with gateway({"catalogues": {"shop": {"serving": tmp_path, "version": 4}}}) as client:
        assert version(client) == 4
