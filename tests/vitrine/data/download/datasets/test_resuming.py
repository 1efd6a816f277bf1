import hashlib
import re
import time
from pathlib import Path

import httpx
import pytest

from tests.vitrine.data.download.web import Page, Visit, Web, body, in_turn, redirect, status
from tests.waiting import HANG_SECONDS
from vitrine.data.download.datasets.partial import partial_file
from vitrine.data.download.datasets.resuming import RetryLimits, download
from vitrine.errors import DataError, NetworkError

DATA = bytes(range(256)) * 2000
SHA256 = hashlib.sha256(DATA).hexdigest()
FAST_RETRIES = RetryLimits(attempts=3, seconds=0.01, longest=2)


def ranged(data: bytes, etag: str = '"one"', stop_after: int | None = None) -> Page:
    """Return a page that supports Range and If-Range, and may close the connection after `stop_after` bytes."""

    def page(visit: Visit) -> None:
        requested_range = re.fullmatch(r"bytes=(\d+)-", visit.headers.get("range", ""))
        start = int(requested_range[1]) if requested_range and visit.headers.get("if-range") == etag else 0
        if start >= len(data):
            visit.answer(416)
            return
        part = data[start:][:stop_after]
        headers = {"content_length": len(data) - start, "etag": etag}
        if start:
            headers["content_range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        visit.answer(206 if start else 200, part, **headers)
        visit.close_connection = True

    return page


def get(url: str, target: Path, sha256: str = SHA256) -> list[tuple[int, int | None]]:
    steps: list[tuple[int, int | None]] = []
    with httpx.Client(follow_redirects=True, timeout=HANG_SECONDS) as client:
        download(client, url, target, sha256, FAST_RETRIES, lambda done, total: steps.append((done, total)))
    return steps


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "data.csv"


def test_a_file_appears_with_its_bytes(web: Web, target: Path) -> None:
    steps = get(web.put("/data", body(DATA)), target)
    assert target.read_bytes() == DATA
    assert names(target.parent) == ["data.csv"]
    assert (steps[0], steps[-1]) == ((0, len(DATA)), (len(DATA), len(DATA)))


def test_an_interrupted_download_is_resumed(web: Web, target: Path) -> None:
    steps = get(web.put("/data", ranged(DATA, stop_after=200_000)), target)
    assert target.read_bytes() == DATA
    assert web.requests["/data"] == 3
    assert (200_000, len(DATA)) in steps
    assert min(done for done, _ in steps[steps.index((200_000, len(DATA))) :]) == 200_000


def test_attempts_that_gain_something_are_not_counted(web: Web, target: Path) -> None:
    get(web.put("/data", ranged(DATA, stop_after=60_000)), target)
    assert target.read_bytes() == DATA
    assert web.requests["/data"] == 9  # three in a row may gain nothing


def test_the_next_run_resumes_where_the_last_one_gave_up(web: Web, target: Path) -> None:
    broken = in_turn(ranged(DATA, stop_after=200_000), status(503))
    with pytest.raises(NetworkError, match="/data: HTTP 503 Service Unavailable"):
        get(web.put("/data", broken), target)
    assert names(target.parent) == ["data.csv.partial", "data.csv.version"]
    web.put("/moved", ranged(DATA))
    get(web.put("/data", redirect("/moved")), target)
    assert web.headers["/moved"]["range"] == "bytes=200000-"
    assert target.read_bytes() == DATA
    assert names(target.parent) == ["data.csv"]


@pytest.mark.parametrize(
    "after",
    [
        ranged(DATA, etag='"two"'),
        body(DATA),
        in_turn(status(416), body(DATA)),
        in_turn(lambda visit: visit.answer(206, DATA[5:], content_range="bytes 5-9/10"), body(DATA)),
    ],
    ids=["the file has changed", "the server knows no ranges", "no such range", "another range"],
)
def test_it_begins_anew_where_it_cannot_go_on(web: Web, target: Path, after: Page) -> None:
    old = b"old" * len(DATA)
    get(web.put("/data", in_turn(ranged(old, stop_after=200_000), after)), target)
    assert target.read_bytes() == DATA


@pytest.mark.parametrize("etag", ['W/"one"', ""])
def test_without_a_strong_tag_nothing_is_resumed(web: Web, target: Path, etag: str) -> None:
    get(web.put("/data", in_turn(ranged(DATA, etag, stop_after=200_000), body(DATA))), target)
    assert "range" not in web.headers["/data"]
    assert target.read_bytes() == DATA


def test_a_file_that_is_not_the_published_one_is_not_kept(web: Web, target: Path) -> None:
    with pytest.raises(DataError, match=f"its SHA-256 is {hashlib.sha256(b'other').hexdigest()}, but {SHA256} was"):
        get(web.put("/data", body(b"other")), target)
    assert names(target.parent) == []


def test_without_a_published_checksum_the_length_counts(web: Web, target: Path) -> None:
    short = ranged(DATA, etag="", stop_after=100)
    with pytest.raises(NetworkError, match="peer closed connection"):
        get(web.put("/data", short), target, sha256="")
    assert not target.exists()
    get(web.put("/data", body(DATA)), target, sha256="")
    assert target.read_bytes() == DATA


def test_a_busy_server_is_retried_after_its_retry_after(web: Web, target: Path) -> None:
    started = time.monotonic()
    get(web.put("/data", in_turn(status(429, retry_after=1), status(503), body(DATA))), target)
    assert time.monotonic() - started >= 1
    with pytest.raises(NetworkError, match="HTTP 429"):
        get(web.put("/later", status(429, retry_after=3600)), target)


@pytest.mark.parametrize("answer", [status(404), status(403), body(DATA, content_encoding="gzip"), redirect("/data")])
def test_a_file_that_the_server_lacks_is_an_error(web: Web, target: Path, answer: Page) -> None:
    with pytest.raises(NetworkError, match="/data: "):
        get(web.put("/data", answer), target)
    assert names(target.parent) == []


def test_an_unreachable_server_leaves_no_file(target: Path) -> None:
    with pytest.raises(NetworkError, match=r"http://127\.0\.0\.1:9/data: "):
        get("http://127.0.0.1:9/data", target)
    assert names(target.parent) == []


def test_one_download_of_a_file_at_a_time(web: Web, target: Path) -> None:
    with partial_file(target), pytest.raises(DataError, match="another download writes it"):
        get(web.put("/data", body(DATA)), target)
