"""The gateway's configuration. Imports nothing heavy."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from vitrine.events.mlflow_sink import MlflowSettings
from vitrine.rewriting.settings import RewritingSettings, RulesSettings
from vitrine.settings import Section

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class InProcess(Section):
    """The SavedModel in this process."""

    kind: Literal["in_process"] = "in_process"


class Remote(Section):
    """What calls over a network have in common."""

    model: str = "product_search"
    label: Name | None = None
    """Serve the version that has this label at the server, such as `stable`; by default the newest that it has. With
    it, a version on trial there answers nobody here."""
    timeout_seconds: PositiveFloat = 2.0
    """For one request with its retries: the deadline that the server is told, too."""
    attempts: PositiveInt = 3
    """How often a call is tried while the server is unavailable and the deadline is not reached."""
    breaker_failures: PositiveInt = 5
    """After so many failures in a row calls fail at once…"""
    breaker_seconds: PositiveFloat = 5.0
    """…for so long; then one is let through to see."""


class Grpc(Remote):
    """TensorFlow Serving over gRPC."""

    kind: Literal["grpc"] = "grpc"
    target: str = "localhost:8500"


class Rest(Remote):
    """TensorFlow Serving over REST."""

    kind: Literal["rest"] = "rest"
    url: str = Field(default="http://localhost:8501", pattern=r"^https?://")


Backend = Annotated[InProcess | Grpc | Rest, Field(discriminator="kind")]


class CatalogueSettings(Section):
    """One searchable catalogue."""

    serving: Path
    """The directory a run pushed to: `index/<version>/` is always read from it, the model by `in_process`."""
    backend: Backend = InProcess()
    version: PositiveInt | None = None
    """Stay with this version; by default the newest one that model server and index both have."""
    image_root: Path | None = None
    """Where relative image paths start; by default where they did when the index was written."""


class CacheSettings(Section):
    """Query vectors and results are kept for a while."""

    redis: str | None = Field(default=None, pattern=r"^(redis|rediss|unix)://")
    """A Redis to share them; without it, or while it is away, they are kept in this process only."""
    memory_bytes: PositiveInt = 128 * 2**20
    """In this process."""
    seconds: PositiveFloat = 300.0
    redis_timeout_seconds: PositiveFloat = 0.05
    """A slower Redis is taken for a dead one: it costs this much, and then nothing for a while."""


class ExperimentSettings(Section):
    """Two catalogues, or two versions of one, compared on live traffic."""

    name: Name = "ab"
    a: Name
    b: Name
    mode: Literal["split", "interleave"] = "split"
    """`split`: each user sees one arm. `interleave`: each result list has both, by team draft."""
    share_b: float = Field(default=0.5, ge=0, le=1)
    """Share of users with arm b, when split."""
    everywhere: bool = False
    """Whether plain searches take part, too, and not only those of `/search_ab`."""

    @model_validator(mode="after")
    def _are_two(self) -> "ExperimentSettings":
        if self.a == self.b:
            raise ValueError("a and b are the same catalogue; give it a second name, perhaps with another version")
        return self


class LogSettings(Section):
    """Every search and every piece of feedback is kept."""

    directory: Path | None = None
    """Where the event files go; nothing is kept without one."""
    mlflow: MlflowSettings | None = None
    """Where a summary of each interval goes; needs a directory, too."""


class LimitSettings(Section):
    """What one request, and one client, may take."""

    body_bytes: PositiveInt = 10 * 2**20
    """Of an upload; JSON may have a tenth of it."""
    image_pixels: PositiveInt = 25_000_000
    seconds: PositiveFloat = 10.0
    """A request that takes longer is answered with 504, or with 408 where its body does."""
    rate: str = Field(default="600/minute", pattern=r"^[1-9]\d*/(second|minute|hour|day)$")
    """Of requests by one client: by its API key, or else by its address. Each process counts for itself: behind a
    balancer a client has it once per process, and limits for all of them together are the balancer's."""
    concurrent: PositiveInt = 256
    """Requests under way; more are answered with 503 at once."""


class SecuritySettings(Section):
    """Who may ask, and from where."""

    api_keys_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds the keys, separated by commas; anyone may ask without it."""
    cors_origins: tuple[str, ...] = ()
    """Origins of pages that may call the API from a browser. The gateway's own page needs none."""
    trust_proxy: bool = False
    """Whether the client's address is the last one of `X-Forwarded-For`, and its scheme `X-Forwarded-Proto`: only
    behind a proxy that sets both."""


class GatewaySettings(Section):
    """All of it."""

    catalogues: dict[Name, CatalogueSettings] = Field(min_length=1)
    default: Literal["route"] | Name = "route"
    """The catalogue that is asked when a request names none; `route` finds the one that fits the query best."""
    rewriting: RewritingSettings = RulesSettings()
    cache: CacheSettings = CacheSettings()
    experiment: ExperimentSettings | None = None
    log: LogSettings = LogSettings()
    limits: LimitSettings = LimitSettings()
    security: SecuritySettings = SecuritySettings()
    poll_seconds: PositiveFloat = 1.0
    """How often to look for new versions."""
    page: Path | None = None
    """The built web page; by default `web/dist` beside the package."""

    @model_validator(mode="after")
    def _names_are_known(self) -> "GatewaySettings":
        reserved = RESERVED & self.catalogues.keys()
        if reserved:
            raise ValueError(f"catalogues cannot be called {', '.join(sorted(reserved))}: the API has these paths")
        named = [self.default] if self.default != "route" else []
        named += [self.experiment.a, self.experiment.b] if self.experiment else []
        for name in named:
            if name not in self.catalogues:
                raise ValueError(f"{name!r} is none of the catalogues {', '.join(sorted(self.catalogues))}")
        return self


RESERVED = frozenset({"all", "route", "products", "models", "v1", "assets", "docs"})


def catalogue_name(serving: Path) -> str:
    """What to call the catalogue of a serving directory: the run's name, where it can be one."""
    name = re.sub(r"[^a-z0-9_-]+", "-", serving.resolve().parent.name.lower()).strip("-_")[:64]
    return name if name and name not in RESERVED else "catalogue"
