from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.vitrine.gateway.conftest import StartGateway
from vitrine.errors import ConfigError
from vitrine.events.reading import read_events
from vitrine.events.users import UserKey
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.search.recording import Recorder
from vitrine.gateway.settings import LogSettings

KEY = "0123456789abcdef"
USERS = [f"user-{number}" for number in range(12)]


def arms(start: StartGateway, pushed: Path, log: dict[str, Any]) -> list[str]:
    """The arm of each user in a split experiment; each clicks the first result."""
    settings = {
        "catalogues": {"a": {"serving": pushed}, "b": {"serving": pushed}},
        "experiment": {"a": "a", "b": "b"},
        "log": log,
    }
    found = []
    with start(settings) as client:
        for user in USERS:
            answer = client.post("/search_ab", json={"query": "red mug"}, headers={"X-User-Id": user}).json()
            found.append(answer["experiment"]["arm"])
            clicked = {"request_id": answer["request_id"], "product_id": answer["results"][0]["product_id"]}
            client.post("/feedback", json={**clicked, "kind": "click"}, headers={"X-User-Id": user})
        client.post("/predict", json={"query": "red", "offset": 2, "k": 2})
        client.post("/predict", json={"query": "red", "filters": {"brand": ["Avelo"]}})
    return found


def test_pseudonyms_are_logged_and_change_no_assignment(
    tmp_path: Path, pushed: Path, start_gateway: StartGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_KEY", KEY)
    plain = arms(start_gateway, pushed, {"directory": tmp_path / "plain"})
    keyed = arms(start_gateway, pushed, {"directory": tmp_path / "keyed", "user_key_env": "USER_KEY"})
    assert set(plain) == {"a", "b"}
    assert keyed == plain
    for kind in ("search", "feedback"):
        names = {
            name: [row["user"] for table in read_events(tmp_path / name, kind) for row in table.to_pylist()]
            for name in ("plain", "keyed")
        }
        assert names["plain"][: len(USERS)] == USERS
        assert names["keyed"][: len(USERS)] == [UserKey(KEY).name(user) for user in USERS]
    logged = b"".join(path.read_bytes() for path in (tmp_path / "keyed").iterdir())
    assert b"user-" not in logged


def test_pages_and_filters_are_logged(tmp_path: Path, pushed: Path, start_gateway: StartGateway) -> None:
    arms(start_gateway, pushed, {"directory": tmp_path})
    rows = pa.concat_tables(read_events(tmp_path, "search", ["offset", "filtered"])).to_pylist()
    assert rows[0] == {"offset": 0, "filtered": False}
    assert rows[-2:] == [{"offset": 2, "filtered": False}, {"offset": 0, "filtered": True}]


def test_old_events_are_removed(tmp_path: Path) -> None:
    old = tmp_path / "events-2020-01-01-0123456789abcdef.jsonl"
    old.write_text("{}\n")
    recorder = Recorder(LogSettings(directory=tmp_path, keep_days=30), GatewayMetrics())
    recorder.start()
    recorder.close()
    assert not old.exists()


def test_a_missing_key_stops_the_gateway_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"log\.user_key_env: .* NO_KEY holds no key"):
        Recorder(LogSettings(directory=tmp_path, user_key_env="NO_KEY"), GatewayMetrics(), environment={})
