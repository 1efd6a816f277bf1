import json
from pathlib import Path

import pytest

from tests.conftest import Vitrine
from vitrine.events.event import SearchEvent
from vitrine.events.log import EventLog
from vitrine.events.reading import read_events
from vitrine.events.users import UserKey

KEY = "0123456789abcdef"


@pytest.fixture
def events(tmp_path: Path) -> Path:
    with EventLog(tmp_path) as log:
        for user in ("4711", UserKey(KEY).name("4711"), "4712"):
            log.put(SearchEvent(time=1e9, request_id=user, user=user))
    return tmp_path


def users(events: Path) -> list[str]:
    return [user for table in read_events(events, "search", ["user"]) for user in table["user"].to_pylist()]


def test_a_user_is_forgotten_under_the_id(events: Path, vitrine_here: Vitrine) -> None:
    done = vitrine_here("events", "forget", "--events", events, "--user", "4711")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "1 searches and 0 events of feedback removed from 1 files\n"
    assert users(events) == [UserKey(KEY).name("4711"), "4712"]


def test_with_the_key_the_pseudonym_is_forgotten_too(
    events: Path, vitrine_here: Vitrine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("USER_KEY", KEY)
    done = vitrine_here("events", "forget", "--events", events, "--user", "4711", "--key-env", "USER_KEY", "--json")
    assert json.loads(done.stdout) == {"searches": 2, "feedback": 0, "files": 1}
    assert users(events) == ["4712"]


def test_a_key_that_is_not_set_is_an_error(events: Path, vitrine_here: Vitrine) -> None:
    done = vitrine_here("events", "forget", "--events", events, "--user", "4711", "--key-env", "NO_SUCH_KEY")
    assert done.returncode == 2
    assert "NO_SUCH_KEY holds no key" in done.stderr
    assert len(users(events)) == 3
