"""One HTTP call to a language model, bounded in time and in bytes."""

import asyncio
import json
from collections.abc import Mapping
from typing import Final

import httpx
from pydantic import SecretStr

from vitrine.errors import ConfigError
from vitrine.rewriting.providers import MalformedError, body_of, headers_of, query_of, url_of
from vitrine.rewriting.settings import LlmSettings

MAX_ANSWER: Final = 64 << 10
"""Bytes of an answer; a mended query takes a few hundred."""
CONNECTIONS: Final = 32


class NoAnswerError(Exception):
    """Why there is no rewritten query. `failed` says that the endpoint is to blame, rather than one answer."""

    def __init__(self, note: str, failed: bool) -> None:
        super().__init__(note)
        self.note = note
        self.failed = failed


class Endpoint:
    """A language model's address and key."""

    def __init__(self, settings: LlmSettings, environment: Mapping[str, str]) -> None:
        """Read the key. Raises ConfigError where its variable holds none."""
        self._settings = settings
        self._key = _key(settings.api_key_env, environment)
        self._url = url_of(settings)
        self._client = httpx.AsyncClient(
            timeout=settings.timeout_seconds,  # of each step; `ask` limits the whole call
            follow_redirects=False,
            limits=httpx.Limits(max_connections=CONNECTIONS),
            # Through a proxy plain http would show the key to it.
            trust_env=self._url.startswith("https:"),
        )

    async def ask(self, query: str) -> str:
        """The model's query, one line of it, whatever it says. Raises NoAnswerError."""
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                body = await self._post(query)
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswerError("timeout", failed=True) from None
        except httpx.HTTPError as error:
            raise NoAnswerError(f"connection failed: {type(error).__name__}", failed=True) from None
        try:
            answer = query_of(self._settings, body).strip()
        except MalformedError:
            raise NoAnswerError("malformed answer", failed=False) from None
        if not answer:
            raise NoAnswerError("empty answer", failed=False)
        if not answer.isprintable():
            raise NoAnswerError("answer is not one line of text", failed=False)
        if len(answer) > 2 * len(query) + 40:
            raise NoAnswerError("answer is far longer than the query", failed=False)
        return answer

    async def close(self) -> None:
        """Close all connections."""
        await self._client.aclose()

    async def _post(self, query: str) -> bytes:
        # Uncompressed: a few bytes can unpack into very many.
        fixed = {"content-type": "application/json", "accept-encoding": "identity"}
        headers = fixed | headers_of(self._settings, self._key.get_secret_value())
        content = json.dumps(body_of(self._settings, query))
        async with self._client.stream("POST", self._url, content=content, headers=headers) as response:
            if response.status_code != httpx.codes.OK:
                raise NoAnswerError(f"status {response.status_code}", failed=True)
            if response.headers.get("content-encoding", "identity") != "identity":
                raise NoAnswerError("answer is compressed", failed=True)
            body = bytearray()
            async for chunk in response.aiter_raw():
                body += chunk
                if len(body) > MAX_ANSWER:
                    raise NoAnswerError(f"answer is larger than {MAX_ANSWER >> 10} KiB", failed=True)
            return bytes(body)


def _key(name: str, environment: Mapping[str, str]) -> SecretStr:
    key = environment.get(name, "").strip() if name else ""
    if name and not key:
        raise ConfigError(f"rewriting.api_key_env: the environment variable {name} is not set or empty")
    if not key.isascii() or not key.isprintable():
        raise ConfigError(f"rewriting.api_key_env: {name} holds characters that no HTTP header can carry")
    return SecretStr(key)
