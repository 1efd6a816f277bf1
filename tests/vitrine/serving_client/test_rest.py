import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from tests.in_thread import in_thread
from tests.strange_servers import json_server, tcp_server
from vitrine.saved_model.status import ApiError
from vitrine.serving_client.rest import RestClient, Status, UnexpectedResponseError, UnreachableError

Call = Callable[[RestClient], Awaitable[Any]]


def called(url: str, call: Call, model: str = "shop") -> Any:
    async def run() -> Any:
        client = RestClient(url, model)
        try:
            return await call(client)
        finally:
            await client.close()

    return asyncio.run(run())


def raised(url: str, call: Call) -> ApiError:
    with pytest.raises(ApiError) as error:
        called(url, call)
    return error.value


def statuses(client: RestClient) -> Awaitable[Any]:
    return client.statuses(2.0)


def answered(body: Any, call: Call, status: str = "200 OK") -> Any:
    with json_server(json.dumps(body).encode(), status) as port:
        return called(f"http://127.0.0.1:{port}/", call)


def error_of(body: bytes, status: str = "200 OK", call: Call = statuses) -> ApiError:
    with json_server(body, status) as port:
        return raised(f"http://127.0.0.1:{port}", call)


def test_versions_have_a_state_and_the_error_that_ended_it() -> None:
    document = {
        "model_version_status": [
            {"version": "2", "state": "END", "status": {"error_code": "NOT_FOUND", "error_message": "gone"}},
            {"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}},
        ]
    }
    assert answered(document, statuses) == {2: Status("END", "NOT_FOUND", "gone"), 1: Status("AVAILABLE", "OK", "")}


def test_a_label_is_a_version_and_a_signature_has_outputs() -> None:
    metadata = {
        "model_spec": {"version": "7"},
        "metadata": {"signature_def": {"signature_def": {"rank": {"outputs": {"id": {}, "score": {}}}}}},
    }
    assert answered(metadata, lambda client: client.labelled("stable", 2.0)) == 7
    assert answered(metadata, lambda client: client.outputs(7, 2.0)) == {"rank": ["id", "score"]}


def test_a_prediction_is_requested_by_column_from_one_version() -> None:
    async def echo(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = json.loads((await receive())["body"])
        content = json.dumps({"outputs": [scope["raw_path"].decode(), body]}).encode()
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": content})

    with in_thread(echo) as port:
        path, body = called(
            f"http://127.0.0.1:{port}", lambda client: client.predict(3, "rank", {"query": ["mug"]}, 2.0), "a/b"
        )
    assert path == "/v1/models/a%2Fb/versions/3:predict"
    assert body == {"signature_name": "rank", "inputs": {"query": ["mug"]}}


def test_the_error_message_of_the_server_is_raised() -> None:
    error = error_of(b'{"error": "no such model"}', "404 Not Found")
    assert type(error) is ApiError
    assert (error.code, error.status, str(error)) == ("NOT_FOUND", 404, "no such model")


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"<html>Bad gateway</html>", "502 x", "UNAVAILABLE"),
        (b"<html>Hello</html>", "200 OK", "UNAVAILABLE"),
        (b'{"detail": "Not Found"}', "404 Not Found", "NOT_FOUND"),
        (b'{"model_version_status": 3}', "200 OK", "INTERNAL"),
        (b"[]", "200 OK", "INTERNAL"),
        (b"{}", "302 x", "INTERNAL"),
    ],
)
def test_a_response_that_no_model_server_gives_is_unexpected(body: bytes, status: str, code: str) -> None:
    error = error_of(body, status, lambda client: client.outputs(1, 2.0) if body == b"{}" else client.statuses(2.0))
    assert isinstance(error, UnexpectedResponseError)
    assert error.code == code


def test_an_answer_has_a_largest_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("vitrine.serving_client.rest._MAX_BYTES", 100)
    error = error_of(b'{"outputs": "' + b"x" * 100 + b'"}')
    assert isinstance(error, UnexpectedResponseError)
    assert str(error) == "the model server's answer is larger than 100 bytes"


def test_a_server_that_does_not_respond_is_unreachable() -> None:
    for url in ("http://127.0.0.1:9", "http://[::1", "ftp://127.0.0.1"):
        error = raised(url, statuses)
        assert isinstance(error, UnreachableError)
        assert (error.code, bool(error.reason)) == ("UNAVAILABLE", True)


def test_a_server_that_says_nothing_costs_its_time() -> None:
    with tcp_server(None) as port:
        error = raised(f"http://127.0.0.1:{port}", lambda client: client.statuses(0.2))
    assert isinstance(error, UnreachableError)
    assert (error.code, error.reason) == ("DEADLINE_EXCEEDED", "ReadTimeout")
