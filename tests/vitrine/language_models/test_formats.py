import json
from typing import Any

import pytest

from vitrine.language_models.formats import Answer, MalformedError, Task, endpoint_url, read_answer, request_body
from vitrine.language_models.settings import EndpointSettings

ROW = {"type": "object", "properties": {"label": {"type": "string", "enum": ["E", "I"]}}, "required": ["label"]}
TASK = Task("labels", "Label them.", {"type": "object", "properties": {"rows": {"type": "array", "items": ROW}}})


def settings(provider: str = "openai", **values: Any) -> EndpointSettings:
    return EndpointSettings.model_validate(
        {"base_url": "https://models.example/v1/", "model": "a/b", "provider": provider, **values}
    )


def openai(content: object = "yes", **others: object) -> bytes:
    return json.dumps({"choices": [{"message": {"content": content}}], **others}).encode()


def gemini(*parts: dict[str, object], **others: object) -> bytes:
    return json.dumps({"candidates": [{"content": {"parts": parts}}], **others}).encode()


def test_the_url_is_the_methods():
    assert endpoint_url(settings()) == "https://models.example/v1/chat/completions"
    assert endpoint_url(settings("gemini")) == "https://models.example/v1/models/a%2Fb:generateContent"


def test_openais_strict_schemas_allow_no_other_properties_at_any_depth():
    body: Any = request_body(settings(), TASK, "message")
    schema = body["response_format"]["json_schema"]
    assert (schema["name"], schema["strict"]) == ("labels", True)
    assert schema["schema"]["additionalProperties"] is False
    assert schema["schema"]["properties"]["rows"]["items"]["additionalProperties"] is False
    assert schema["schema"]["properties"]["rows"]["items"]["properties"]["label"] == ROW["properties"]["label"]


def test_geminis_schema_is_the_tasks():
    body: Any = request_body(settings("gemini"), TASK, "message")
    assert body["generationConfig"]["responseSchema"] == TASK.schema
    assert body["systemInstruction"] == {"parts": [{"text": "Label them."}]}
    assert body["contents"] == [{"role": "user", "parts": [{"text": "message"}]}]


@pytest.mark.parametrize("structured", ["json_object", "none"])
def test_schemas_are_sent_to_endpoints_that_know_them_only(structured):
    for provider in ("openai", "gemini"):
        assert "enum" not in json.dumps(request_body(settings(provider, structured=structured), TASK, "message"))


def test_an_answer_has_its_text_and_the_tokens_that_were_counted():
    assert read_answer(settings(), openai(usage={"total_tokens": 12})) == Answer("yes", 12)
    parts = ({"text": "hm", "thought": True}, {"text": "y"}, {"text": "es"})
    assert read_answer(settings("gemini"), gemini(*parts, usageMetadata={"totalTokenCount": 7})) == Answer("yes", 7)


@pytest.mark.parametrize(
    "usage", [{}, {"usage": None}, {"usage": {}}, {"usage": [1]}, {"usage": {"total_tokens": "many"}}]
)
def test_tokens_that_are_not_counted_are_unknown(usage):
    assert read_answer(settings(), openai(**usage)) == Answer("yes", None)


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"choices": []}', openai(None), openai({"a": 1}), b"\xff"])
def test_answers_without_text_are_malformed(body):
    with pytest.raises(MalformedError):
        read_answer(settings(), body)


@pytest.mark.parametrize(
    ("provider", "body"),
    [
        ("openai", openai(None, usage={"total_tokens": 9})),
        ("openai", b'{"choices": [], "usage": {"total_tokens": 9}}'),
        ("gemini", b'{"candidates": [{"finishReason": "MAX_TOKENS"}], "usageMetadata": {"totalTokenCount": 9}}'),
        ("gemini", b'{"promptFeedback": {"blockReason": "OTHER"}, "usageMetadata": {"totalTokenCount": 9}}'),
    ],
)
def test_answers_without_text_cost_the_tokens_that_were_counted(provider, body):
    with pytest.raises(MalformedError) as caught:
        read_answer(settings(provider), body)
    assert caught.value.tokens == 9
