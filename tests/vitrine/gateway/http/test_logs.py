import json
import logging

import pytest

from vitrine.gateway.http.logs import FIELDS, JsonFormatter, log_as_json, log_as_text


def line(message: str, *arguments: object, **options: object) -> dict[str, object]:
    record = logging.getLogger("vitrine.x").makeRecord(
        "vitrine.x", logging.INFO, "", 0, message, arguments, options.pop("exc_info", None), extra=options
    )
    text = JsonFormatter().format(record)
    assert "\n" not in text
    record: dict[str, object] = json.loads(text)
    return record


def test_a_record_is_one_line_with_its_fields() -> None:
    parsed = line("%s of %d\nlines", "two", 2, **{FIELDS: {"request_id": "abc", "ms": 1.5}})
    assert parsed | {"time": ""} == {
        "time": "", "level": "info", "logger": "vitrine.x", "message": "two of 2\nlines", "request_id": "abc", "ms": 1.5
    }  # fmt: skip
    assert str(parsed["time"]).endswith("+00:00")


@pytest.mark.parametrize("message", ["\ud800", "\0\x1b[31m", "\N{UNICORN FACE}", '"}\n{"'])
def test_any_text_can_be_logged(message: str) -> None:
    assert line(message)["message"] == message
    assert line("x", **{FIELDS: {"value": object, "count": 2**70}})["message"] == "x"


def test_an_exception_is_in_the_line() -> None:
    try:
        raise ValueError("so")
    except ValueError as error:
        parsed = line("failed", exc_info=(type(error), error, error.__traceback__))
    assert "ValueError: so" in str(parsed["exception"])


def test_in_json_everybodys_warnings_are_json_too(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_json()
    logging.getLogger("vitrine.gateway.access").info("asked")
    logging.getLogger("uvicorn.error").warning("Invalid HTTP request received.")
    logging.getLogger("httpx").info("not ours, and no warning")
    messages = [json.loads(line)["message"] for line in capsys.readouterr().err.splitlines()]
    assert messages == ["asked", "Invalid HTTP request received."]


def test_what_others_set_up_before_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_text()
    logging.getLogger("uvicorn").addHandler(logging.NullHandler())
    logging.getLogger("uvicorn").propagate = False
    logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
    test_in_json_everybodys_warnings_are_json_too(capsys)


def test_for_people_single_requests_are_left_out(capsys: pytest.CaptureFixture[str]) -> None:
    log_as_text()
    logging.getLogger("vitrine.gateway.access").info("asked")
    logging.getLogger("vitrine.gateway.catalogue.catalogue").info("serves version 2")
    (line,) = capsys.readouterr().err.splitlines()
    assert line.endswith(" serves version 2")
