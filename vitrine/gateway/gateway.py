"""The gateway without HTTP: its catalogues, what it keeps, and how a request becomes a response."""

import asyncio
import logging
from collections.abc import Sequence
from functools import partial

from vitrine.experiments.assignment import arm_of
from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.served import Catalogue
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.schemas import Exposure, Route, SearchResponse
from vitrine.gateway.search.answering import Answer, answer, answers, strongest
from vitrine.gateway.search.facets import facets
from vitrine.gateway.search.recording import Recorder
from vitrine.gateway.search.request import Asker, Search
from vitrine.gateway.search.responses import ordered, respond
from vitrine.gateway.settings import ExperimentSettings, GatewaySettings
from vitrine.saved_model.status import ApiError

_log = logging.getLogger(__name__)


class Gateway:
    """All catalogues. `start` before use, `close` after; between them new versions are followed."""

    def __init__(self, settings: GatewaySettings, catalogues: dict[str, Catalogue], metrics: GatewayMetrics) -> None:
        self.settings = settings
        self.catalogues = catalogues
        self.metrics = metrics
        self.cache = Cache(settings.cache, metrics.cache_lookup)
        self.recorder = Recorder(settings.log, metrics)
        self._follower: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load what there is, and follow it. A catalogue that is not there yet is waited for."""
        await asyncio.to_thread(self.recorder.start)
        await asyncio.gather(*(one.refresh() for one in self.catalogues.values()))
        self._follower = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Write what waits, and let go of everything."""
        if self._follower:
            self._follower.cancel()
        for catalogue in self.catalogues.values():
            await catalogue.close()
        await self.cache.close()
        await asyncio.to_thread(self.recorder.close)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self.settings.poll_seconds)
            try:
                await asyncio.gather(*(one.refresh() for one in self.catalogues.values()))
            except Exception:
                _log.exception("Looking for new versions failed; trying again")

    def catalogue(self, name: str) -> Catalogue:
        """A catalogue by name.

        Raises:
            ApiError: NOT_FOUND for any other name.
        """
        if name not in self.catalogues:
            raise ApiError("NOT_FOUND", f"no catalogue {name!r}; there are {', '.join(sorted(self.catalogues))}")
        return self.catalogues[name]

    async def search(self, search: Search, asker: Asker, name: str | None = None) -> SearchResponse:
        """Answer from the named catalogue, or from the default one, or from the one that answers best."""
        experiment = self.settings.experiment
        if name is None and experiment and experiment.everywhere and search.kind != "similar":
            return await self.search_experiment(search, asker)
        name = name or (self.settings.default if self.settings.default != "route" else None)
        if name is not None:
            found = [await self._answer(self.catalogue(name), search)]
            return await self._respond(search, asker, found, Route(catalogues=[name], reason="named"))
        if len(self.catalogues) == 1:
            only = next(iter(self.catalogues))
            found = [await self._answer(self.catalogues[only], search)]
            return await self._respond(search, asker, found, Route(catalogues=[only], reason="only"))
        found = [strongest(await self._answers(list(self.catalogues.values()), search))]
        route = Route(catalogues=[found[0].ranking.catalogue], reason="routed")
        return await self._respond(search, asker, found, route)

    async def search_all(self, search: Search, asker: Asker) -> SearchResponse:
        """Answer from all catalogues together, by comparable score."""
        found = await self._answers(list(self.catalogues.values()), search)
        sensible = [one for one in found if not one.junk] or found
        route = Route(catalogues=[one.ranking.catalogue for one in sensible], reason="all")
        return await self._respond(search, asker, sensible, route)

    async def search_arm(self, search: Search, asker: Asker, arm: str) -> SearchResponse:
        """Answer from one arm of the experiment, `a` or `b`."""
        experiment = self._experiment()
        found = [await self._answer(self.catalogue(getattr(experiment, arm)), search)]
        exposure = Exposure(name=experiment.name, arm=arm, mode="forced")
        return await self._respond(search, asker, found, _experimental(found), exposure)

    async def search_best(self, search: Search, asker: Asker) -> SearchResponse:
        """Ask both arms and answer from the one whose best results stand out more from its background."""
        experiment = self._experiment()
        both = await self._both(experiment, search)
        best = strongest(both)
        arm = "a" if best.ranking.catalogue == experiment.a else "b"
        exposure = Exposure(name=experiment.name, arm=arm, mode="best")
        return await self._respond(search, asker, [best], _experimental([best]), exposure)

    async def search_experiment(self, search: Search, asker: Asker) -> SearchResponse:
        """Answer as the experiment says: from the user's arm, or from both, interleaved."""
        experiment = self._experiment()
        if experiment.mode == "split":
            arm = arm_of(experiment.name, {"a": 1 - experiment.share_b, "b": experiment.share_b}, asker.user)
            found = [await self._answer(self.catalogue(getattr(experiment, arm)), search)]
            exposure = Exposure(name=experiment.name, arm=arm, mode="split")
            return await self._respond(search, asker, found, _experimental(found), exposure)
        both = await self._both(experiment, search)
        # Where one arm cannot be reached nothing is compared.
        compared = Exposure(name=experiment.name, arm="both", mode="interleave") if len(both) > 1 else None
        return await self._respond(search, asker, both, _experimental(both), compared)

    def _experiment(self) -> ExperimentSettings:
        if self.settings.experiment is None:
            raise ApiError("NOT_FOUND", "no experiment is configured; add `experiment:` with two catalogues a and b")
        return self.settings.experiment

    async def _both(self, experiment: ExperimentSettings, search: Search) -> list[Answer]:
        return await self._answers([self.catalogue(experiment.a), self.catalogue(experiment.b)], search)

    async def _answer(self, catalogue: Catalogue, search: Search) -> Answer:
        return await answer(catalogue, search.question, self.cache, search.rewriting, search.anyway)

    async def _answers(self, catalogues: Sequence[Catalogue], search: Search) -> list[Answer]:
        if search.kind in ("image", "both"):
            catalogues = [one for one in catalogues if one.edition.searches_images] or catalogues
        return await answers(catalogues, search.question, self.cache, search.rewriting, search.anyway)

    async def _respond(
        self, search: Search, asker: Asker, found: list[Answer], route: Route, exposure: Exposure | None = None
    ) -> SearchResponse:
        order = partial(ordered, min_score=search.window.min_score, exposure=exposure, user=asker.user)
        places = order(found)
        counted = await facets(self.catalogues, found, places, order, self.cache) if search.window.facets else None
        response, shown = respond(search, asker, found, places, route, exposure, counted)
        self.recorder.search(response, found, shown, asker.user)
        return response


def _experimental(found: Sequence[Answer]) -> Route:
    return Route(catalogues=[one.ranking.catalogue for one in found], reason="experiment")
