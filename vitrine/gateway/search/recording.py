"""The recording of searches and feedback in the metrics and in the event log."""

import os
import time
from collections.abc import Mapping, Sequence

from vitrine.events.event import FeedbackEvent, SearchEvent
from vitrine.events.log import EventLog, Sink
from vitrine.events.users import read_user_key
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.schemas.answers import SearchResponse
from vitrine.gateway.schemas.changes import FeedbackRequest
from vitrine.gateway.schemas.searches import PageRequest
from vitrine.gateway.search.answering import Answer, Place
from vitrine.gateway.search.query import Caller
from vitrine.gateway.settings import LogSettings


class Recorder:
    """A recorder of searches and feedback. `start` and `close` block."""

    def __init__(
        self, settings: LogSettings, metrics: GatewayMetrics, environment: Mapping[str, str] = os.environ
    ) -> None:
        """Create a recorder.

        Raises:
            ConfigError: The environment variable that should hold the key of pseudonyms does not.
        """
        self._user_key = read_user_key(settings.user_key_env, "log.user_key_env", environment)
        self._settings = settings
        self._metrics = metrics
        self._log: EventLog | None = None

    def start(self) -> None:
        """Open the event log, if one is configured, and import MLflow for its summary, which takes seconds."""
        if self._settings.directory is None:
            return
        sinks: list[Sink] = []
        if self._settings.mlflow:
            from vitrine.events.mlflow_sink import MlflowSink

            sinks.append(MlflowSink(self._settings.mlflow))
        self._log = EventLog(
            self._settings.directory,
            max_bytes=self._settings.max_bytes,
            max_days=self._settings.keep_days,
            sinks=sinks,
        )
        self._metrics.watch_events(lambda: self._log.counts if self._log else None)

    def close(self) -> None:
        """Write the events that wait, and close the event log."""
        if self._log:
            self._log.close()

    def feedback(self, request: FeedbackRequest, user: str) -> None:
        """Record a shopper's click or purchase."""
        self._metrics.feedback(request.kind)
        if self._log:
            self._log.put(FeedbackEvent(time=time.time(), user=self._user_key.name(user), **request.model_dump()))

    def search(
        self,
        response: SearchResponse,
        answers: Sequence[Answer],
        shown: Sequence[Place],
        caller: Caller,
        page: PageRequest,
        failed_arm: str = "",
    ) -> None:
        """Record a search with the results on its page; `failed_arm` is the arm that could not be searched, if any."""
        self._metrics.search(response.kind, response.route.reason, response.junk, response.total)
        if self._log is None:
            return
        first, exposure = answers[0], response.experiment
        if exposure and exposure.mode == "best":  # no user was assigned to the arm
            exposure = None
        interleaved = exposure is not None and exposure.mode == "interleave"
        self._log.put(
            SearchEvent(
                time=time.time(),
                request_id=response.request_id,
                user=self._user_key.name(caller.user),
                catalogue=",".join(response.route.catalogues),
                version=first.ranking.version.version,
                kind=response.kind,
                query=response.query,
                rewrite=first.rewrite.query if first.rewrite else "",
                route=response.route.reason,
                experiment=exposure.name if exposure else "",
                arm=exposure.arm if exposure and not interleaved else "",
                forced=exposure is not None and exposure.mode == "forced",
                failed_arm=failed_arm,
                teams=[place.arm or "" for place in shown] if interleaved else (),
                latency_ms=response.took_ms,
                cached=caller.lookups.is_hit,
                total=response.total,
                junk=response.junk,
                product_ids=[result.product_id for result in response.results],
                scores=[result.score for result in response.results],
                offset=response.offset,
                rules=response.rules,
                filtered=not page.filters.is_empty or page.sort != "relevance",
            )
        )
