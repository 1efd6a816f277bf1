"""The HTTP endpoint of a language model, with limits of time and size for each call."""

import asyncio
import json
from collections.abc import Mapping
from typing import Final

import httpx
from pydantic import SecretStr

from vitrine.errors import ConfigError
from vitrine.language_models.formats import (
    Answer,
    MalformedError,
    Task,
    auth_headers,
    endpoint_url,
    read_answer,
    request_body,
)
from vitrine.language_models.settings import EndpointSettings
from vitrine.resilience.retry_after import BUSY, retry_after

MAX_ANSWER: Final = 64 << 10
"""Maximum bytes of an answer; requested ones take a few kilobytes, or what `max_tokens` allows."""
BYTES_PER_TOKEN: Final = 16
"""An upper limit, with the JSON around and the escapes of other scripts."""
MAX_CONNECTIONS: Final = 32


class NoAnswerError(Exception):
    """A call without a usable answer.

    Attributes:
        note: The reason.
        failed: True for a fault of the endpoint, False for one bad answer.
        again: True if another attempt may succeed.
        after: The seconds to wait before it, if the endpoint says so.
        tokens: The tokens that the call has cost all the same; None if unknown.
    """

    def __init__(
        self, note: str, failed: bool, again: bool = True, after: float | None = None, tokens: int | None = None
    ) -> None:
        super().__init__(note)
        self.note = note
        self.failed = failed
        self.again = again
        self.after = after
        self.tokens = tokens


class Endpoint:
    """The endpoint of a language model, with its URL and API key."""

    def __init__(self, settings: EndpointSettings, environment: Mapping[str, str], section: str) -> None:
        """Read the API key. `section` is the settings' key, for messages.

        Raises:
            ConfigError: The environment variable of the key is not set, empty or not valid in an HTTP header.
        """
        self._settings = settings
        self._key = _key(settings.api_key_env, environment, f"{section}.api_key_env")
        self._url = endpoint_url(settings)
        self._client = httpx.AsyncClient(
            timeout=settings.timeout_seconds,  # of each step; `ask` limits the whole call
            follow_redirects=False,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
            # Over plain http a proxy could read the key.
            trust_env=self._url.startswith("https:"),
        )

    async def ask(self, task: Task, message: str) -> Answer:
        """Return the model's answer to a message.

        Raises:
            NoAnswerError: The call failed, or its answer has no text.
        """
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                body = await self._post(task, message)
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswerError("timeout", failed=True) from None
        except httpx.HTTPError as error:
            raise NoAnswerError(f"connection failed: {type(error).__name__}", failed=True) from None
        try:
            return read_answer(self._settings, body)
        except MalformedError as error:
            raise NoAnswerError(str(error), failed=False, tokens=error.tokens) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _post(self, task: Task, message: str) -> bytes:
        # Compression is refused: a few bytes could unpack into very many.
        common = {"content-type": "application/json", "accept-encoding": "identity"}
        headers = common | auth_headers(self._settings, self._key.get_secret_value())
        content = json.dumps(request_body(self._settings, task, message))
        async with self._client.stream("POST", self._url, content=content, headers=headers) as response:
            if (status := response.status_code) != httpx.codes.OK:
                raise NoAnswerError(f"status {status}", True, status in BUSY, retry_after(response.headers))
            if response.headers.get("content-encoding", "identity") != "identity":
                raise NoAnswerError("answer is compressed", failed=True)
            tokens = self._settings.max_tokens
            limit = max(MAX_ANSWER, BYTES_PER_TOKEN * tokens)
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > limit:
                    note = f"answer is larger than {limit >> 10} KiB"
                    raise NoAnswerError(note, failed=False, again=False, tokens=tokens)
            return bytes(body)


def _key(name: str, environment: Mapping[str, str], setting: str) -> SecretStr:
    key = environment.get(name, "").strip() if name else ""
    if name and not key:
        raise ConfigError(f"{setting}: the environment variable {name} is not set or empty")
    if not key.isascii() or not key.isprintable():
        raise ConfigError(f"{setting}: {name} holds characters that no HTTP header can carry")
    return SecretStr(key)
