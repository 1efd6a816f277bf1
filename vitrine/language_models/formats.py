"""The request and response formats of OpenAI-compatible and Gemini endpoints."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from vitrine.language_models.settings import EndpointSettings

JsonSchema = Mapping[str, object]


@dataclass(frozen=True)
class Task:
    """The task of a model: a name for the schema, instructions, and the JSON schema of its answers.

    The schema has types, properties, items, enumerations and required properties only: both providers know these.
    """

    name: str
    instructions: str
    schema: JsonSchema


@dataclass(frozen=True)
class Answer:
    """The text of an answer, and the tokens that the endpoint counted for the call; None if it counts none."""

    text: str
    tokens: int | None


class MalformedError(ValueError):
    """An answer without text, or whose text is not what the task asks for; `tokens` are as an answer's."""

    def __init__(self, reason: str, tokens: int | None = None) -> None:
        super().__init__(reason)
        self.tokens = tokens


def endpoint_url(settings: EndpointSettings) -> str:
    """Return the URL of the endpoint's method."""
    if settings.provider == "gemini":
        return f"{settings.base_url}/models/{quote(settings.model, safe='')}:generateContent"
    return f"{settings.base_url}/chat/completions"


def auth_headers(settings: EndpointSettings, key: str) -> dict[str, str]:
    """Return the header with the API key, if there is one."""
    if not key:
        return {}
    return {"x-goog-api-key": key} if settings.provider == "gemini" else {"authorization": f"Bearer {key}"}


def request_body(settings: EndpointSettings, task: Task, message: str) -> dict[str, object]:
    """Return the request's body, with the task as system prompt and `message` as the user's."""
    return (
        _gemini_body(settings, task, message)
        if settings.provider == "gemini"
        else _openai_body(settings, task, message)
    )


def _openai_body(settings: EndpointSettings, task: Task, message: str) -> dict[str, object]:
    body: dict[str, object] = {
        "model": settings.model,
        "messages": [{"role": "system", "content": task.instructions}, {"role": "user", "content": message}],
        settings.max_tokens_field: settings.max_tokens,
    }
    if settings.temperature is not None:
        body["temperature"] = settings.temperature
    if settings.structured == "json_object":
        body["response_format"] = {"type": "json_object"}
    elif settings.structured == "json_schema":
        schema = {"name": task.name, "strict": True, "schema": _closed(task.schema)}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def _gemini_body(settings: EndpointSettings, task: Task, message: str) -> dict[str, object]:
    generation: dict[str, object] = {"maxOutputTokens": settings.max_tokens}
    if settings.temperature is not None:
        generation["temperature"] = settings.temperature
    if settings.structured != "none":
        generation["responseMimeType"] = "application/json"
    if settings.structured == "json_schema":
        generation["responseSchema"] = task.schema
    return {
        "systemInstruction": {"parts": [{"text": task.instructions}]},
        "contents": [{"role": "user", "parts": [{"text": message}]}],
        "generationConfig": generation,
    }


def read_answer(settings: EndpointSettings, body: bytes) -> Answer:
    """Return the answer in a response's body.

    Raises:
        MalformedError: The body contains no text.
    """
    tokens = None
    try:
        answer = json.loads(body)
        tokens = _tokens(answer)
        if settings.provider == "gemini":
            parts = answer["candidates"][0]["content"]["parts"]
            text = "".join(part["text"] for part in parts if not part.get("thought"))
        else:
            text = answer["choices"][0]["message"]["content"]
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError):
        text = None
    if not isinstance(text, str):
        raise MalformedError("malformed answer", tokens)
    return Answer(text, tokens)


def _tokens(answer: Mapping[str, object]) -> int | None:
    for usage, name in (("usage", "total_tokens"), ("usageMetadata", "totalTokenCount")):
        counted = answer.get(usage)
        count = counted.get(name) if isinstance(counted, Mapping) else None
        if isinstance(count, int) and count >= 0:
            return count
    return None


def _closed(schema: object) -> object:
    """Return a schema whose objects allow no other properties, as OpenAI's strict mode requires."""
    if isinstance(schema, Mapping):
        closed = {key: _closed(value) for key, value in schema.items()}
        return closed | {"additionalProperties": False} if schema.get("type") == "object" else closed
    return schema
