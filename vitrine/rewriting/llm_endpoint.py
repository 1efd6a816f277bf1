"""The HTTP endpoint of a language model, with limits of time and size for each call."""

import asyncio
import json
from collections.abc import Mapping
from typing import Final

import httpx
from pydantic import SecretStr

from vitrine.errors import ConfigError
from vitrine.rewriting.llm_providers import MalformedError, auth_headers, endpoint_url, request_body, rewritten_query
from vitrine.rewriting.settings import LlmSettings

MAX_ANSWER: Final = 64 << 10
"""Maximum bytes of an answer; a rewritten query takes a few hundred."""
MAX_CONNECTIONS: Final = 32


class NoAnswerError(Exception):
    """A call without a rewritten query. `failed` is True for a fault of the endpoint, False for one bad answer."""

    def __init__(self, note: str, failed: bool) -> None:
        super().__init__(note)
        self.note = note
        self.failed = failed


class Endpoint:
    """The endpoint of a language model, with its URL and API key."""

    def __init__(self, settings: LlmSettings, environment: Mapping[str, str]) -> None:
        """Read the API key.

        Raises:
            ConfigError: The environment variable of the key is not set, empty or not valid in an HTTP header.
        """
        self._settings = settings
        self._key = _key(settings.api_key_env, environment)
        self._url = endpoint_url(settings)
        self._client = httpx.AsyncClient(
            timeout=settings.timeout_seconds,  # of each step; `rewrite` limits the whole call
            follow_redirects=False,
            limits=httpx.Limits(max_connections=MAX_CONNECTIONS),
            # Over plain http a proxy could read the key.
            trust_env=self._url.startswith("https:"),
        )

    async def rewrite(self, query: str) -> str:
        """Return the model's rewritten query, which is one line of text.

        Raises:
            NoAnswerError: The call failed, or its answer is not a query.
        """
        try:
            async with asyncio.timeout(self._settings.timeout_seconds):
                body = await self._post(query)
        except (TimeoutError, httpx.TimeoutException):
            raise NoAnswerError("timeout", failed=True) from None
        except httpx.HTTPError as error:
            raise NoAnswerError(f"connection failed: {type(error).__name__}", failed=True) from None
        try:
            answer = rewritten_query(self._settings, body).strip()
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
        # Compression is refused: a few bytes could unpack into very many.
        common = {"content-type": "application/json", "accept-encoding": "identity"}
        headers = common | auth_headers(self._settings, self._key.get_secret_value())
        content = json.dumps(request_body(self._settings, query))
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
