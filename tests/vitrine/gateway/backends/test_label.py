"""A gateway that follows a label serves the label's version, and not the newest, which may be a canary."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.vitrine.gateway.conftest import StartGateway, push
from tests.vitrine.gateway.model_server import call_backend, remote, serving_grpc, serving_rest
from tests.waiting import wait_until
from vitrine.events.reading import read_events
from vitrine.gateway.settings import Grpc, Rest
from vitrine.saved_model.status import ApiError
from vitrine.serving.lifecycle.config_reload import ConfigFile
from vitrine.serving.lifecycle.manager import ServableManager

LABELS = 'version_labels { key: "stable" value: %d } version_labels { key: "canary" value: 2 }'
Move = Callable[[int], None]


@pytest.fixture
def serving(pushed: Path, tmp_path: Path) -> Path:
    """Versions 1 and 2 of the shop."""
    for version in (1, 2):
        push(pushed, tmp_path, version)
    return tmp_path


@pytest.fixture
def served(serving: Path) -> Iterator[tuple[ServableManager, Move]]:
    """Both versions, loaded, with 1 as `stable` and 2 as `canary`; and a function that moves `stable`."""
    servables = ServableManager(label_unavailable=True)
    file = ConfigFile(serving / "models.config", servables)

    def move(stable: int) -> None:
        write_config(serving, "versions: 1 versions: 2", LABELS % stable)
        file.load()

    move(1)
    yield servables, move
    servables.close()


def write_config(serving: Path, versions: str, labels: str) -> None:
    (serving / "models.config").write_text(
        f'model_config_list {{ config {{ name: "product_search" base_path: "{serving}/product_search" '
        f'model_platform: "tensorflow" model_version_policy {{ specific {{ {versions} }} }} {labels} }} }}'
    )


def backend_of(kind: str, servables: Any, label: str | None) -> Any:
    serve, settings = {
        "rest": (serving_rest, lambda at: Rest(url=at, label=label, timeout_seconds=60)),
        "grpc": (serving_grpc, lambda at: Grpc(target=at, label=label, timeout_seconds=60)),
    }[kind]
    with serve(servables) as address:
        return call_backend(lambda: remote(settings(address)), lambda backend: backend.versions())


@pytest.mark.parametrize("kind", ["rest", "grpc"])
def test_a_label_is_the_version_that_it_names_at_the_server(served: tuple[ServableManager, Move], kind: str) -> None:
    servables, move = served
    assert sorted(backend_of(kind, servables, None)) == [1, 2]
    assert backend_of(kind, servables, "stable") == [1]
    assert backend_of(kind, servables, "canary") == [2]
    move(2)
    assert backend_of(kind, servables, "stable") == [2]
    with pytest.raises(ApiError, match="nobody"):
        backend_of(kind, servables, "nobody")


def test_the_gateway_goes_over_when_the_label_moves_and_no_search_fails(
    served: tuple[ServableManager, Move], serving: Path, start_gateway: StartGateway
) -> None:
    servables, move = served
    with serving_rest(servables) as url:
        shop = {"serving": serving, "backend": {"kind": "rest", "url": url, "label": "stable", "timeout_seconds": 60}}
        with start_gateway({"catalogues": {"shop": shop}}) as client:
            assert version_after_search(client) == 1
            move(2)
            wait_until(lambda: version_after_search(client) == 2)


def version_after_search(client: httpx.Client) -> int:
    answer = client.post("/predict", json={"query": "red mug", "k": 1})
    assert answer.status_code == 200, answer.text
    return answer.json()["versions"]["shop"]


def test_a_canary_that_is_dropped_fails_no_search(serving: Path, start_gateway: StartGateway) -> None:
    """Versions 1 and 2 are on trial against each other; then 2 is unloaded, and later 2 is back."""
    servables = ServableManager(label_unavailable=True)
    file = ConfigFile(serving / "models.config", servables)
    on_trial = "versions: 1 versions: 2", LABELS % 1
    write_config(serving, *on_trial)
    file.load()
    with serving_rest(servables) as url:
        backend = {"kind": "rest", "url": url, "timeout_seconds": 60}
        settings = {
            "catalogues": {
                label: {"serving": serving, "backend": {**backend, "label": label}} for label in ("stable", "canary")
            },
            "experiment": {"name": "canary", "a": "stable", "b": "canary", "everywhere": True},
            "log": {"directory": serving / "events"},
        }
        with start_gateway(settings) as client:
            users = [f"user-{number}" for number in range(12)]
            assert {arm_of(client, user) for user in users} == {"a", "b"}
            write_config(serving, "versions: 1", LABELS.split("}")[0] % 1 + "}")
            file.load()
            wait_until(lambda: {arm_of(client, user) for user in users} == {"a", None})
            assert client.get("/ready").status_code == 200
            write_config(serving, *on_trial)
            file.load()
            wait_until(lambda: {arm_of(client, user) for user in users} == {"a", "b"})
    failed = [
        arm
        for table in read_events(serving / "events", "search", ["failed_arm"])
        for arm in table["failed_arm"].to_pylist()
    ]
    assert failed.count("b") == 1  # the search that found out
    assert set(failed) == {"", "b"}
    servables.close()


def arm_of(client: httpx.Client, user: str) -> str | None:
    """Search as a user, and return the arm of the experiment, or None if the search was not part of it."""
    query = f"red mug {uuid.uuid4()}"  # in no cache
    answer = client.post("/predict", json={"query": query}, headers={"X-User-Id": user})
    assert answer.status_code == 200, answer.text
    experiment = answer.json()["experiment"]
    return experiment["arm"] if experiment else None
