"""The settings of a language model's endpoint. This module imports nothing heavy."""

from ipaddress import ip_address
from typing import Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, field_validator

from vitrine.settings import Section


class EndpointSettings(Section):
    """A language model behind an OpenAI-compatible or a Gemini endpoint."""

    # Inputs are hidden in errors: an input may be a key that was given instead of the name of its variable.
    model_config = ConfigDict(hide_input_in_errors=True)

    provider: Literal["openai", "gemini"] = "openai"
    base_url: str
    """The URL without `/chat/completions` or `/models/…`, such as `http://127.0.0.1:8000/v1`."""
    model: str = Field(min_length=1, max_length=200)
    api_key_env: str = Field(default="", pattern="^([A-Za-z_][A-Za-z0-9_]*)?$")
    """The environment variable that holds the API key; empty if the endpoint needs none."""
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    """The mode in which JSON is requested: not every endpoint supports schemas."""
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Not sent if null: some models refuse it."""
    max_tokens: int = Field(default=128, ge=16, le=4096)
    """Maximum tokens of one answer."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """The name of the request's field; OpenAI's newer models accept only `max_completion_tokens`."""
    timeout_seconds: float = Field(default=2.0, gt=0, le=60)
    """Timeout of the whole call, including connecting."""

    @field_validator("base_url")
    @classmethod
    def _is_safe(cls, value: str) -> str:
        try:
            url = urlsplit(value)
            host, _ = url.hostname or "", url.port
        except ValueError:
            raise ValueError("is not a URL") from None
        if url.scheme not in ("http", "https") or not host or not value.isascii() or not value.isprintable():
            raise ValueError("is not an http:// or https:// URL")
        if "@" in url.netloc or url.query or url.fragment:
            raise ValueError("may hold no user, password, query or fragment; a key goes where api_key_env says")
        if url.scheme == "http" and not _is_loopback(host):
            raise ValueError("takes https://; http:// is for this machine only, such as http://127.0.0.1:8000/v1")
        return value.rstrip("/")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
