from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import pytest

from tests.strange_servers import json_server
from vitrine.errors import NetworkError, RefusedError
from vitrine.serving.release.server_client import ModelServer, has_failed
from vitrine.serving_client.rest import Status

CALLS: dict[str, Callable[[ModelServer], Any]] = {
    "statuses": lambda server: server.statuses(),
    "labelled": lambda server: server.labelled("stable"),
    "predict": lambda server: server.predict(1, "serving_default", ["mug"]),
}


@contextmanager
def answering(body: bytes, status: str) -> Iterator[ModelServer]:
    with json_server(body, status) as port, closing(ModelServer(f"http://127.0.0.1:{port}/", "shop")) as server:
        yield server


@pytest.mark.parametrize("status", ["404 Not Found", "400 Bad Request"])
def test_a_model_or_label_that_the_server_does_not_know_is_nothing(status: str) -> None:
    with answering(b'{"error": "no such servable"}', status) as server:
        assert server.statuses() == {}
        assert server.labelled("stable") is None


def test_an_answer_with_an_error_is_a_refusal() -> None:
    with (
        answering(b'{"error": "no vectors"}', "503 Service Unavailable") as server,
        pytest.raises(RefusedError, match="version 1 answers serving_default with 503: no vectors"),
    ):
        server.predict(1, "serving_default", ["mug"])


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize(
    ("body", "status"), [(b"<html>", "200 OK"), (b'{"detail": "Not Found"}', "404 Not Found"), (b"[]", "200 OK")]
)
def test_a_server_that_is_not_a_model_server_is_an_error(
    call: Callable[[ModelServer], Any], body: bytes, status: str
) -> None:
    with (
        answering(body, status) as server,
        pytest.raises(NetworkError, match=r"http://127\.0\.0\.1:\d+ does not respond as a model server does"),
    ):
        call(server)


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
@pytest.mark.parametrize("url", ["http://127.0.0.1:9", "http://[::1", "nonsense"])
def test_an_unreachable_server_is_an_error(call: Callable[[ModelServer], Any], url: str) -> None:
    with closing(ModelServer(url, "shop")) as server, pytest.raises(NetworkError, match=r"does not respond: \S"):
        call(server)


def test_a_version_has_failed_where_an_error_ended_it() -> None:
    assert has_failed(Status("END", "NOT_FOUND", "gone"))
    assert not has_failed(Status("END", "OK", ""))
    assert not has_failed(Status("LOADING", "OK", ""))
