"""The settings of query rewriting. This module imports nothing heavy."""

from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, PositiveInt, field_validator

from vitrine.settings import Section


class _Settings(Section):
    # Inputs are hidden in errors: an input may be a key that was given instead of the name of its variable.
    model_config = ConfigDict(hide_input_in_errors=True)


class OffSettings(_Settings):
    """No rewriting: queries pass unchanged."""

    kind: Literal["off"] = "off"


class RulesSettings(_Settings):
    """Rewriting by rules: spelling, forms and units by the catalogue's vocabulary, synonyms by a file."""

    kind: Literal["rules"] = "rules"
    spelling: bool = True
    max_edits: Literal[1, 2] = 1
    """Maximum edit distance of a correction. Two applies to words of eight letters or more, and takes twice the memory
    of one."""
    min_count: PositiveInt = 2
    """Minimum count in the catalogue of a word that others are corrected to: catalogues contain typos, too."""
    english: bool = True
    """Do not correct English words that the catalogue lacks: `buy` is not a misspelt `bay`."""
    forms: bool = True
    """Write words that the catalogue has in another form only in that form: `teapots` becomes `teapot`."""
    units: bool = True
    synonyms: Path | None = None
    """A file of `sofa, couch` (equal) and `telly => television` (one way); see `vitrine.rewriting.synonyms`."""


class BudgetSettings(_Settings):
    """The calls that one process may make. Further queries use the fallback."""

    per_minute: PositiveInt = 60
    per_day: PositiveInt = Field(default=10_000, le=100_000)


class CacheSettings(_Settings):
    """The cache of answers, in this process."""

    entries: PositiveInt = Field(default=10_000, le=1_000_000)
    seconds: float = Field(default=86_400, gt=0)


class PauseSettings(_Settings):
    """The pause after consecutive failed calls, so that an unreachable endpoint does not delay every query."""

    failures: PositiveInt = 5
    seconds: float = Field(default=30, gt=0)


class LlmSettings(_Settings):
    """A language model behind an OpenAI-compatible or a Gemini endpoint."""

    kind: Literal["llm"] = "llm"
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
    budget: BudgetSettings = BudgetSettings()
    cache: CacheSettings = CacheSettings()
    pause: PauseSettings = PauseSettings()
    then: Annotated[OffSettings | RulesSettings, Field(discriminator="kind")] = OffSettings()
    """The rewriter of queries that the model does not rewrite."""

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
"""The type of a field that takes `kind: off`, `kind: rules` or `kind: llm` with the settings of that kind."""


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
