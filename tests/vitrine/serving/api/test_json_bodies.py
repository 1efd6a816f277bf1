import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vitrine.saved_model.status import ApiError
from vitrine.serving.api.json_bodies import error_body, excerpt, gunzip, parse_object


def message(body: bytes) -> str:
    with pytest.raises(ApiError) as caught:
        parse_object(body)
    assert caught.value.status == 400
    return caught.value.message


def refusal(body: bytes) -> ApiError | None:
    try:
        assert isinstance(parse_object(body), dict)
    except ApiError as error:
        return error
    return None


@given(st.binary(max_size=200) | st.text(alphabet='[]{},:"\\ 1.eENaTru', max_size=60).map(str.encode))
def test_any_body_is_an_object_or_told_to_be_none(body: bytes) -> None:
    error = refusal(body)
    assert error is None or error.code == "INVALID_ARGUMENT"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"  ", "JSON Parse error: The document is empty"),
        (b'{"a": "\xff"}', "JSON Parse error: Invalid encoding in string. at offset: 7"),
        ('{"é": }'.encode(), "JSON Parse error: Invalid value. at offset: 7"),
        (b'{"a": "]", "b": [1 "c"]}', "JSON Parse error: Missing a comma or ] after an array element. at offset: 19"),
        (b'{"a": "\\"[", "b": 1 2}', "JSON Parse error: Missing a comma or } after an object member. at offset: 20"),
        (b'{"a": "\\x"}', "JSON Parse error: Invalid escape character in string. at offset: 7"),
    ],
)
def test_the_offset_of_a_fault_is_in_bytes(body: bytes, expected: str) -> None:
    assert message(body) == expected


def test_a_byte_order_mark_is_skipped() -> None:
    assert parse_object(b'\xef\xbb\xbf{"a": 1}') == {"a": 1}


def test_values_are_shown_indented_and_cut() -> None:
    assert excerpt({"a": [1]}) == '{\n    "a": [\n        1\n    ]\n}'
    assert len(excerpt("x" * 10_000)) == 401


def test_errors_can_hold_any_text() -> None:
    assert error_body("a \ud800 b") == b'{"error":"a ? b"}'


def test_gzip_is_unpacked_up_to_the_limit() -> None:
    assert gunzip(gzip.compress(b"x" * 100), 100) == b"x" * 100
    with pytest.raises(ApiError) as caught:
        gunzip(gzip.compress(b"x" * 101), 100)
    assert caught.value.status == 413
