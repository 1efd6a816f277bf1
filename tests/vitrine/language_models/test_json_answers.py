import time

import pytest

from vitrine.language_models.json_answers import json_values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("", []),
        ("none", []),
        (' {"a": [{"b": 1}]}\n', [{"a": [{"b": 1}]}]),
        ('```json\n{"a": {"b": 1}}\n```', [{"a": {"b": 1}}]),
        ('For {x}, not {"a": 1}: {"a": "{2}"}. I hope this helps {you}.', [{"a": "{2}"}, {"a": 1}]),
        ('{"a": [{"b": 1}, {"b":', [{"b": 1}]),
        ("{" * 50_000, []),
        ("[" * 50_000, []),
    ],
)
def test_the_last_object_of_a_text_comes_first(text, values):
    assert list(dict.fromkeys(map(repr, json_values(text)))) == list(map(repr, values))


def test_an_answer_of_many_nested_objects_takes_no_long():
    started = time.monotonic()
    assert list(json_values('{"a":0,"b":' * 90_000)) == []
    assert time.monotonic() - started < 1
