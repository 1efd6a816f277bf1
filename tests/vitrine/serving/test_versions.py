import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import numpy as np

from tests.vitrine.serving.steps import push
from tests.waiting import HANG_SECONDS, wait_until


def predict(url: str, version: str = "") -> Any:
    return httpx.post(
        f"{url}/v1/models/scale{version}:predict", content=b'{"instances": [1.0]}', timeout=HANG_SECONDS
    ).json()


def statuses(url: str) -> dict[str, tuple[str, str]]:
    body = httpx.get(f"{url}/v1/models/scale", timeout=HANG_SECONDS).json()
    return {entry["version"]: (entry["state"], entry["status"]["error_code"]) for entry in body["model_version_status"]}


def test_the_newest_complete_version_is_served(saved: Path, tmp_path: Path, start_server: Callable[..., str]) -> None:
    push(saved, tmp_path, 2, 9)
    push(saved, tmp_path, 3, 10)
    shutil.copytree(saved / "2", tmp_path / "scale" / ".pushing-11")
    shutil.copytree(saved / "2", tmp_path / "scale" / "12-tmp")
    (tmp_path / "scale" / "13").mkdir()
    (tmp_path / "index" / "1").mkdir(parents=True)
    url = start_server(tmp_path)
    assert predict(url) == {"predictions": [3.0]}
    assert statuses(url) == {"10": ("AVAILABLE", "OK")}
    assert httpx.get(f"{url}/v1/models/index", timeout=HANG_SECONDS).status_code == 404


def test_a_new_version_takes_over_with_no_failed_request(
    saved: Path, tmp_path: Path, start_server: Callable[..., str]
) -> None:
    push(saved, tmp_path, 2, 1)
    url = start_server(tmp_path)
    answers: list[Any] = []
    done = threading.Event()

    def ask() -> None:
        with httpx.Client(base_url=url, timeout=HANG_SECONDS) as client:
            while not done.is_set():
                response = client.post("/v1/models/scale:predict", content=b'{"instances": [1.0]}')
                answers.append((response.status_code, response.text))

    askers = [threading.Thread(target=ask) for _ in range(4)]
    for asker in askers:
        asker.start()
    for version in range(2, 6):
        weight = 2 + version % 2
        push(saved, tmp_path, weight, version)
        wait_until(lambda version=version: statuses(url).get(str(version), ("", ""))[0] == "AVAILABLE")
    done.set()
    for asker in askers:
        asker.join()
    assert {status for status, _ in answers} == {200}
    assert {text for _, text in answers} == {'{"predictions":[2.0]}', '{"predictions":[3.0]}'}
    assert predict(url) == {"predictions": [3.0]}
    wait_until(lambda: statuses(url)["4"] == ("END", "OK"))
    assert predict(url, "/versions/4") == {"error": "Servable not found for request: Specific(scale, 4)"}


def test_a_version_that_does_not_load_leaves_the_old_one_serving(
    saved: Path, tmp_path: Path, start_server: Callable[..., str]
) -> None:
    push(saved, tmp_path, 2, 1)
    url = start_server(tmp_path)
    broken = tmp_path / "scale" / "2"
    broken.mkdir()
    (broken / "saved_model.pb").write_bytes(b"no proto")
    wait_until(lambda: "2" in statuses(url))
    wait_until(lambda: statuses(url)["2"][0] == "END")
    assert statuses(url)["2"][1] != "OK"
    assert predict(url) == {"predictions": [2.0]}
    # It is not tried again and again, but once its file is another.
    shutil.rmtree(broken)
    push(saved, tmp_path, 3, 2)
    wait_until(lambda: statuses(url)["2"] == ("AVAILABLE", "OK"))
    assert predict(url) == {"predictions": [3.0]}


def test_after_a_restart_the_newest_version_that_loads_is_served(
    saved: Path, tmp_path: Path, start_server: Callable[..., str]
) -> None:
    push(saved, tmp_path, 2, 1)
    shutil.rmtree(push(saved, tmp_path, 3, 2) / "variables")
    url = start_server(tmp_path)
    assert predict(url) == {"predictions": [2.0]}
    assert statuses(url)["2"][0] == "END"


def test_a_directory_that_disappears_does_not_unload(
    saved: Path, tmp_path: Path, start_server: Callable[..., str]
) -> None:
    serving = tmp_path / "serving"
    push(saved, serving, 2, 1)
    url = start_server(serving)
    serving.rename(tmp_path / "gone")
    time.sleep(0.3)
    assert predict(url) == {"predictions": [2.0]}
    (tmp_path / "gone").rename(serving)
    push(saved, serving, 3, 2)
    wait_until(lambda: predict(url) == {"predictions": [3.0]})


def test_deleting_the_newest_version_goes_back_to_the_one_before(
    saved: Path, tmp_path: Path, start_server: Callable[..., str]
) -> None:
    push(saved, tmp_path, 2, 1)
    newest = push(saved, tmp_path, 3, 2)
    url = start_server(tmp_path)
    assert predict(url) == {"predictions": [3.0]}
    shutil.rmtree(newest)
    wait_until(lambda: predict(url) == {"predictions": [2.0]})
    assert statuses(url) == {"2": ("END", "OK"), "1": ("AVAILABLE", "OK")}


def test_a_model_pushed_later_is_found(saved: Path, tmp_path: Path, start_server: Callable[..., str]) -> None:
    url = start_server(tmp_path)
    assert predict(url) == {"error": "Servable not found for request: Latest(scale)"}
    push(saved, tmp_path, 2, 1)
    wait_until(lambda: predict(url) == {"predictions": [2.0]})


def test_a_request_under_way_finishes_on_the_version_it_began_with(saved: Path, tmp_path: Path) -> None:
    from vitrine.serving.lifecycle.manager import ServableManager
    from vitrine.serving.lifecycle.servable import using

    push(saved, tmp_path, 2, 1)
    servables = ServableManager(tmp_path)
    servables.refresh()
    with using(servables.acquire("scale")) as held:
        push(saved, tmp_path, 3, 2)
        swap = threading.Thread(target=servables.refresh)
        swap.start()
        wait_until(lambda: servables.loaded()[0].version == 2)
        assert not held.closed.is_set()
        assert held.signature("serving_default").run({"x": np.ones(1, np.float32)})["y"].tolist() == [2.0]
        assert servables.statuses("scale")[1].state == "UNLOADING"
    swap.join()
    assert held.closed.is_set()
    assert servables.statuses("scale")[1].state == "END"
    servables.close()
