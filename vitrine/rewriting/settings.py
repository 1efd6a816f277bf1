"""What the user may say about query rewriting. Imports nothing heavy."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, PositiveInt, field_validator

from vitrine.settings import Section


class _Settings(Section):
    # An input may be a key that somebody put where its variable's name belongs.
    model_config = ConfigDict(hide_input_in_errors=True)


class OffSettings(_Settings):
    """Queries pass unchanged."""

    kind: Literal["off"] = "off"


class RulesSettings(_Settings):
    """Spelling and units after the catalogue's own words, synonyms after a file of the shop."""

    kind: Literal["rules"] = "rules"
    spelling: bool = True
    max_edits: Literal[1, 2] = 1
    """Letters that may be wrong. Two are looked for in words of eight letters or more; they take twice the memory."""
    min_count: PositiveInt = 2
    """How often the catalogue must have a word before others are corrected to it: catalogues have typos, too."""
    english: bool = True
    """Leave English words alone that the catalogue lacks: `buy` is no misspelt `bay`."""
    units: bool = True
    synonyms: Path | None = None
    """A file of `sofa, couch` (equal) and `telly => television` (one way); see `vitrine.rewriting.synonyms`."""


class BudgetSettings(_Settings):
    """Calls one process may make. Queries beyond them fall back."""

    per_minute: PositiveInt = 60
    per_day: PositiveInt = Field(default=10_000, le=100_000)


class CacheSettings(_Settings):
    """Answers that are remembered, in this process."""

    entries: PositiveInt = Field(default=10_000, le=1_000_000)
    seconds: float = Field(default=86_400, gt=0)


class PauseSettings(_Settings):
    """After so many failed calls in a row none is made for a while, so that a dead endpoint delays nobody."""

    failures: PositiveInt = 5
    seconds: float = Field(default=30, gt=0)


class LlmSettings(_Settings):
    """A language model behind an OpenAI-compatible or a Gemini endpoint."""

    kind: Literal["llm"] = "llm"
    provider: Literal["openai", "gemini"] = "openai"
    base_url: str
    """Up to and without `/chat/completions` or `/models/…`, such as `http://127.0.0.1:8000/v1`."""
    model: str = Field(min_length=1, max_length=200)
    api_key_env: str = Field(default="", pattern="^([A-Za-z_][A-Za-z0-9_]*)?$")
    """The environment variable that holds the key; empty where the endpoint asks for none."""
    structured: Literal["json_schema", "json_object", "none"] = "json_schema"
    """How the endpoint is asked for JSON: not every one knows schemas."""
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Not sent where null: some models refuse it."""
    max_tokens: int = Field(default=128, ge=16, le=4096)
    """Of one answer."""
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    """OpenAI's own newer models know the second one only."""
    timeout_seconds: float = Field(default=2.0, gt=0, le=60)
    """Of the whole call, connecting included."""
    budget: BudgetSettings = BudgetSettings()
    cache: CacheSettings = CacheSettings()
    pause: PauseSettings = PauseSettings()
    then: Annotated[OffSettings | RulesSettings, Field(discriminator="kind")] = OffSettings()
    """What rewrites a query that the model does not."""

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


RewritingSettings = Annotated[OffSettings | RulesSettings | LlmSettings, Field(discriminator="kind")]
"""A field of this type takes `kind: off`, `kind: rules` or `kind: llm` with the settings of that kind."""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
