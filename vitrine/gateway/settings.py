"""The gateway's settings. This module imports nothing heavy."""

import re
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, PositiveFloat, PositiveInt, model_validator

from vitrine.events.mlflow_sink import MlflowSettings
from vitrine.features.offers.settings import OfferSettings
from vitrine.features.settings import PROJECT_NAME
from vitrine.gateway.modifiers import Modifiers, OutOfStock
from vitrine.interpretation.settings import InterpretationSettings
from vitrine.rewriting.settings import RewritingSettings, RulesSettings
from vitrine.settings import Section

Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class InProcess(Section):
    """A SavedModel that runs in the gateway's process."""

    kind: Literal["in_process"] = "in_process"
    model: str = "product_search"


class Remote(Section):
    """The settings that are common to all model servers."""

    model: str = "product_search"
    label: Name | None = None
    """The version label at the server to follow, such as `stable`; without one, the server's newest version is used.
    With a label, a canary at the server receives no requests from this gateway."""
    timeout_seconds: PositiveFloat = 2.0
    """The deadline of one request including its retries; it is also sent to the server."""
    attempts: PositiveInt = 3
    """Maximum attempts of a call while the server is unavailable and the deadline is not reached."""
    breaker_failures: PositiveInt = 5
    """Consecutive failures that open the circuit breaker: calls then fail at once."""
    breaker_seconds: PositiveFloat = 5.0
    """Seconds for which the circuit breaker stays open; then one trial call is made."""


class Grpc(Remote):
    """A TensorFlow Serving server, called over gRPC."""

    kind: Literal["grpc"] = "grpc"
    target: str = "localhost:8500"


class Rest(Remote):
    """A TensorFlow Serving server, called over REST."""

    kind: Literal["rest"] = "rest"
    url: str = Field(default="http://localhost:8501", pattern=r"^https?://")


Backend = Annotated[InProcess | Grpc | Rest, Field(discriminator="kind")]


class MilvusRetrieval(Section):
    """The collections that FeatureRegistrar fills in Milvus, from which candidates are retrieved."""

    uri: str
    """The address of the cluster, or the file of an embedded Milvus, which no other process can open meanwhile."""
    token_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds Milvus's token."""
    project: str = Field(default="vitrine", pattern=PROJECT_NAME)
    """The pipeline's `features.project`."""
    candidates: Annotated[int, Field(ge=1, le=10_000)] = 200
    """Products that Milvus returns by their text, and again by their image; of all these, the model re-ranks the most
    similar ones, as many as the search model does (`search.candidates`)."""
    timeout_seconds: PositiveFloat = 2.0


class CatalogueSettings(Section):
    """One searchable catalogue."""

    serving: Path
    """The serving directory that a run pushed to. `index/<version>/` is always read from it; the model only by the
    backend `in_process`."""
    backend: Backend = InProcess()
    retrieval: MilvusRetrieval | None = None
    """The source of candidates; by default the search model finds them itself."""
    version: PositiveInt | None = None
    """The only version to serve; by default the newest one that the model server and the index both have."""
    image_root: Path | None = None
    """The folder that relative image paths start from; by default the one that was used to write the index."""
    offers: OfferSettings = OfferSettings()
    """The store of prices, stock and other attributes, if the first update of them comes through this gateway."""


class MerchandisingSettings(Section):
    """Merchandising: what a shop wants to be seen first for a query."""

    rules: Path | None = None
    """The YAML file of rules, which gateways may share. It need not exist; `PUT /rules` writes it, and earlier versions
    are kept beside it, in `<file>.versions`."""
    modifiers: Modifiers = Field(default={})
    """Weights of attributes in the order of results, such as `popularity: 0.5`; a request's own replace them. An
    attribute that a catalogue does not have changes nothing there."""
    out_of_stock: OutOfStock = "show"
    """The products whose stock is 0: shown as others, `demote`d to the end of the results, or `hide`d from them."""


class SuggestionSettings(Section):
    """Suggestions while a query is typed: categories, brands and titles, and queries of the event log."""

    min_users: Annotated[int, Field(ge=2)] = 5
    """The least number of identified users who clicked a result of a query that is suggested. What fewer have typed may
    be personal."""
    days: PositiveInt = 30
    """Days of the event log, from now back, whose queries are suggested."""
    seconds: PositiveFloat = 300.0
    """Seconds between two readings of an event log that grows, at least; a log that takes long is read less often. A
    new version of a catalogue is followed at once."""


class CacheSettings(Section):
    """The cache of query vectors and rankings."""

    redis: str | None = Field(default=None, pattern=r"^(redis|rediss|unix)://")
    """A Redis that gateways share; without one, or while it is unreachable, only this process's memory is used."""
    memory_bytes: PositiveInt = 128 * 2**20
    """Bytes of the cache in this process."""
    seconds: PositiveFloat = 300.0
    redis_timeout_seconds: PositiveFloat = 0.05
    """Timeout of one Redis command. A slower Redis counts as failed: it costs this once, and is then not used for a
    while."""


class ExperimentSettings(Section):
    """An experiment that compares two catalogues, or two versions of one, on live traffic."""

    name: Name = "ab"
    a: Name
    b: Name
    mode: Literal["split", "interleave"] = "split"
    """`split`: each user sees one arm. `interleave`: each result list combines both arms by team draft."""
    share_b: float = Field(default=0.5, ge=0, le=1)
    """The share of users in arm b, for `split`."""
    everywhere: bool = False
    """Include searches that name no catalogue, and not only those of `/search_ab`."""

    @model_validator(mode="after")
    def _are_two(self) -> "ExperimentSettings":
        if self.a == self.b:
            raise ValueError("a and b are the same catalogue; give it a second name, perhaps with another version")
        return self


class LogSettings(Section):
    """The event log of searches and feedback."""

    directory: Path | None = None
    """The directory of the event files; without one, nothing is logged."""
    keep_days: PositiveInt | None = None
    """Days, including today, whose events are kept; by default all are."""
    max_bytes: PositiveInt | None = None
    """Approximate bytes of the event files; when a file is begun, the oldest beyond it are removed."""
    user_key_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds the key with which users are written as pseudonyms (HMAC-SHA256); without
    it, they are written with the ids that applications send. Experiments assign users by their ids all the same."""
    mlflow: MlflowSettings | None = None
    """MLflow tracking of a summary of each interval; it needs a directory as well."""


class LimitSettings(Section):
    """The limits of admission control, for one request and for one client."""

    body_bytes: PositiveInt = 10 * 2**20
    """Bytes of an upload; a JSON body may have a tenth of it."""
    image_pixels: PositiveInt = 25_000_000
    seconds: PositiveFloat = 10.0
    """Seconds of one request. A longer one is answered with 504, or with 408 if receiving its body takes longer."""
    rate: str = Field(default="600/minute", pattern=r"^[1-9]\d*/(second|minute|hour|day)$")
    """Requests of one client, which is identified by its API key, or else by its address. Each process counts
    separately: behind a load balancer a client has this rate once per process, and a limit over all processes is the
    load balancer's."""
    concurrent: PositiveInt = 256
    """Requests that are handled at the same time; more are answered with 503 at once."""
    connections: PositiveInt = 1000
    """Open connections, and never more than half of the files that the process may open. Another one replaces the one
    that has kept the gateway waiting the longest."""
    head_seconds: PositiveFloat = 10.0
    """Seconds for sending the head of a request."""


class SecuritySettings(Section):
    """Authentication and cross-origin access."""

    api_keys_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds the API keys, separated by commas; without it, no key is needed."""
    update_keys_env: str | None = Field(default=None, pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")
    """The environment variable that holds the API keys that may also change offers and rules, see the insights of the
    event log and add synonyms; without it, none may."""
    cors_origins: tuple[str, ...] = ()
    """Origins whose pages may call the API from a browser. The gateway's own page needs no entry."""
    trust_proxy: bool = False
    """Take the client's address from the last entry of `X-Forwarded-For`, and its scheme from `X-Forwarded-Proto`.
    Enable it only behind a proxy that sets both."""


class GatewaySettings(Section):
    """All settings of the gateway."""

    catalogues: dict[Name, CatalogueSettings] = Field(min_length=1)
    default: Literal["route"] | Name = "route"
    """The catalogue for requests that name none; `route` chooses the one whose results fit the query best."""
    rewriting: RewritingSettings = RulesSettings()
    interpretation: InterpretationSettings = InterpretationSettings()
    merchandising: MerchandisingSettings = MerchandisingSettings()
    suggestions: SuggestionSettings = SuggestionSettings()
    cache: CacheSettings = CacheSettings()
    experiment: ExperimentSettings | None = None
    log: LogSettings = LogSettings()
    limits: LimitSettings = LimitSettings()
    security: SecuritySettings = SecuritySettings()
    poll_seconds: PositiveFloat = 1.0
    """Seconds between checks for new versions."""
    page: Path | None = None
    """The folder of the built web page; by default `web/dist` beside the package."""

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


RESERVED = frozenset({"all", "route", "products", "models", "v1", "assets", "docs", "rules"})


def catalogue_name(serving: Path) -> str:
    """Return a name for the catalogue of a serving directory: the run's name, if it is a valid catalogue name."""
    name = re.sub(r"[^a-z0-9_-]+", "-", serving.resolve().parent.name.lower()).strip("-_")[:64]
    return name if name and name not in RESERVED else "catalogue"
