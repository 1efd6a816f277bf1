"""The gateway without HTTP: it chooses the catalogues that answer a search, and follows their new versions."""

import asyncio
import importlib
import logging
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from importlib.util import find_spec

from vitrine.experiments.assignment import assign_arm
from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.explaining.words import word_shares
from vitrine.gateway.insights import InsightsReader
from vitrine.gateway.merchandising.rule_book import RuleBook
from vitrine.gateway.merchandising.rule_file import RuleFile
from vitrine.gateway.merchandising.rules import PreviewRequest, PreviewResponse
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.schemas.answers import Exposure, Route, SearchResponse
from vitrine.gateway.schemas.searches import PageRequest
from vitrine.gateway.search.answering import Answer, Place, answer_from, answers_from, best_answer
from vitrine.gateway.search.counting import count_matching
from vitrine.gateway.search.facets import facets
from vitrine.gateway.search.grouping import representatives
from vitrine.gateway.search.nearby import nearby, nearby_message
from vitrine.gateway.search.query import Caller, RankingQuery, Search
from vitrine.gateway.search.recording import Recorder
from vitrine.gateway.search.responses import ordered, respond
from vitrine.gateway.settings import ExperimentSettings, GatewaySettings
from vitrine.gateway.suggesting.schemas import Suggestions
from vitrine.gateway.suggesting.suggester import Suggester, by_turns
from vitrine.gateway.synonyms import SynonymFile
from vitrine.saved_model.status import ApiError, invalid

_log = logging.getLogger(__name__)


class Gateway:
    """A gateway over its catalogues. New versions are followed between `start` and `close`."""

    def __init__(self, settings: GatewaySettings, catalogues: dict[str, Catalogue], metrics: GatewayMetrics) -> None:
        self.settings = settings
        self.catalogues = catalogues
        self.metrics = metrics
        self.cache = Cache(settings.cache, metrics.cache_lookup)
        self.recorder = Recorder(settings.log, metrics)
        self.synonyms = SynonymFile(settings.rewriting)
        self.rules = RuleFile(settings.merchandising.rules)
        takes = {"takes_synonyms": self.synonyms.path is not None, "takes_rules": self.rules.path is not None}
        self.insights = InsightsReader(settings.log.directory, **takes)
        self.suggester = Suggester(settings.suggestions, settings.log.directory)
        self._follower: asyncio.Task[None] | None = None
        self._imports: asyncio.Task[object] | None = None

    async def start(self) -> None:
        """Load the current versions, and start following new ones. A catalogue may still have none."""
        await asyncio.to_thread(self.recorder.start)
        if self.settings.security.update_keys_env and find_spec("feast"):
            # Feast is imported now, which takes seconds, and not by the first update.
            self._imports = asyncio.create_task(asyncio.to_thread(importlib.import_module, "feast"))
        await self._refresh()
        self._follower = asyncio.create_task(self._follow())

    async def close(self) -> None:
        """Close the catalogues and the cache, and write the events that wait."""
        if self._follower:
            self._follower.cancel()
        await self.suggester.close()
        for catalogue in self.catalogues.values():
            await catalogue.close()
        await self.cache.close()
        await asyncio.to_thread(self.recorder.close)

    async def _follow(self) -> None:
        while True:
            await asyncio.sleep(self.settings.poll_seconds)
            try:
                await self._refresh()
            except Exception:
                _log.exception("Looking for new versions failed; trying again")

    async def _refresh(self) -> None:
        # Offers first: a version must not show products that are hidden.
        await asyncio.gather(*(catalogue.refresh_offers() for catalogue in self.catalogues.values()))
        await asyncio.gather(*(catalogue.refresh() for catalogue in self.catalogues.values()))
        await self.synonyms.follow(self.catalogues.values())
        await self.rules.follow()
        self.suggester.follow(self.catalogues.values())

    def catalogue(self, name: str) -> Catalogue:
        """Return a catalogue by name.

        Raises:
            ApiError: NOT_FOUND for an unknown name.
        """
        if name not in self.catalogues:
            raise ApiError("NOT_FOUND", f"no catalogue {name!r}; there are {', '.join(sorted(self.catalogues))}")
        return self.catalogues[name]

    async def search(self, search: Search, caller: Caller, name: str | None = None) -> SearchResponse:
        """Search the named catalogue, or the default one, or return the best answer of all catalogues."""
        experiment = self.settings.experiment
        if name is None and experiment and experiment.everywhere and search.kind != "similar":
            return await self.search_experiment(search, caller)
        name = name or (self.settings.default if self.settings.default != "route" else None)
        if name is not None:
            answers = [await self._answer(self.catalogue(name), search, caller)]
            return await self._respond(search, caller, answers, Route(catalogues=[name], reason="named"))
        if len(self.catalogues) == 1:
            only = next(iter(self.catalogues))
            answers = [await self._answer(self.catalogues[only], search, caller)]
            return await self._respond(search, caller, answers, Route(catalogues=[only], reason="only"))
        best = best_answer(await self._answers(list(self.catalogues.values()), search, caller))
        route = Route(catalogues=[best.ranking.catalogue], reason="routed")
        return await self._respond(search, caller, [best], route)

    async def search_all(self, search: Search, caller: Caller) -> SearchResponse:
        """Search all catalogues, and merge their results by comparable score."""
        answers = await self._answers(list(self.catalogues.values()), search, caller)
        kept = [answer for answer in answers if not answer.junk] or answers
        route = Route(catalogues=[answer.ranking.catalogue for answer in kept], reason="all")
        return await self._respond(search, caller, kept, route)

    async def search_arm(self, search: Search, caller: Caller, arm: str) -> SearchResponse:
        """Search one arm of the experiment, `a` or `b`."""
        experiment = self._experiment()
        answers = [await self._answer(self.catalogue(getattr(experiment, arm)), search, caller)]
        exposure = Exposure(name=experiment.name, arm=arm, mode="forced")
        return await self._respond(search, caller, answers, _experiment_route(answers), exposure)

    async def search_best(self, search: Search, caller: Caller) -> SearchResponse:
        """Search both arms, and answer from the one whose best results stand out more from its background."""
        experiment = self._experiment()
        best = best_answer(await self._both_arms(experiment, search, caller))
        arm = "a" if best.ranking.catalogue == experiment.a else "b"
        exposure = Exposure(name=experiment.name, arm=arm, mode="best")
        return await self._respond(search, caller, [best], _experiment_route([best]), exposure)

    async def search_experiment(self, search: Search, caller: Caller) -> SearchResponse:
        """Search in the experiment's mode: the user's arm, or both arms with interleaved results.

        If the user's arm cannot be searched, the other one answers, and the request is not part of the experiment.
        """
        experiment = self._experiment()
        if experiment.mode == "split":
            shares = {"a": 1 - experiment.share_b, "b": experiment.share_b}
            arm = assign_arm(experiment.name, shares, caller.user)
            catalogue = self.catalogue(getattr(experiment, arm))
            was_ready = catalogue.is_ready
            try:
                answers = [await self._answer(catalogue, search, caller)]
            except ApiError as error:
                if error.code != "UNAVAILABLE":
                    raise
                other = self.catalogue(experiment.b if arm == "a" else experiment.a)
                answers = [await self._answer(other, search, caller)]
                failed_arm = arm if was_ready else ""
                return await self._respond(search, caller, answers, _experiment_route(answers), failed_arm=failed_arm)
            exposure = Exposure(name=experiment.name, arm=arm, mode="split")
            return await self._respond(search, caller, answers, _experiment_route(answers), exposure)
        both = await self._both_arms(experiment, search, caller)
        # If one arm cannot be reached, its results are missing and the request is not part of the experiment.
        interleaved = Exposure(name=experiment.name, arm="both", mode="interleave") if len(both) > 1 else None
        return await self._respond(search, caller, both, _experiment_route(both), interleaved)

    def suggest(self, typed: str, name: str | None, limit: int) -> Suggestions:
        """Suggest queries and products while a query is typed, for the catalogue that its search would name.

        If it would name none, the suggestions of all catalogues follow each other by turns, equal ones once.
        """
        name = name or (self.settings.default if self.settings.default != "route" else None)
        catalogues = [self.catalogue(name)] if name else [each for each in self.catalogues.values() if each.is_ready]
        rules = self.rules.book
        lists = [self.suggester.suggest(each.name, each.current, typed, limit, rules) for each in catalogues]
        return Suggestions.model_construct(query=typed, suggestions=by_turns(lists, limit))

    async def preview(self, request: PreviewRequest, caller: Caller) -> PreviewResponse:
        """Search without rules, and with those of the request. Neither search is recorded."""
        name = request.catalogue or (self.settings.default if self.settings.default != "route" else None)
        catalogue = self.catalogue(name or next(iter(self.catalogues)))
        page = PageRequest(k=request.k)
        query = RankingQuery("text", text=request.query, diversity=page.ranked_diversity)
        route = Route(catalogues=[catalogue.name], reason="named")
        responses = []
        for rules in (RuleBook((), ""), RuleBook(request.rules, "")):
            search = Search(query, page, rules=rules, rules_at=request.time)
            answers = [await self._answer(catalogue, search, caller)]
            places = ordered(answers, page.min_score, page.sort, None, caller.user)
            places = representatives(answers, places, page.group)
            responses.append(respond(search, caller, answers, places, route, None, None)[0])
        return PreviewResponse.model_construct(before=responses[0], after=responses[1])

    def _experiment(self) -> ExperimentSettings:
        if self.settings.experiment is None:
            raise ApiError("NOT_FOUND", "no experiment is configured; add `experiment:` with two catalogues a and b")
        return self.settings.experiment

    async def _both_arms(self, experiment: ExperimentSettings, search: Search, caller: Caller) -> list[Answer]:
        return await self._answers([self.catalogue(experiment.a), self.catalogue(experiment.b)], search, caller)

    async def _answer(self, catalogue: Catalogue, search: Search, caller: Caller) -> Answer:
        cache = self.cache.of_request(caller.lookups)
        return await answer_from(catalogue, self._merchandising(search, [catalogue]), cache)

    async def _answers(self, catalogues: Sequence[Catalogue], search: Search, caller: Caller) -> list[Answer]:
        if search.kind in ("image", "both"):
            ready = [catalogue for catalogue in catalogues if catalogue.is_ready]
            catalogues = [catalogue for catalogue in ready if catalogue.current.searches_images] or ready or catalogues
        cache = self.cache.of_request(caller.lookups)
        return await answers_from(catalogues, self._merchandising(search, catalogues), cache)

    def _merchandising(self, search: Search, catalogues: Sequence[Catalogue]) -> Search:
        """Return the search with the gateway's rules, modifiers and stock, unless it has its own.

        Raises:
            ApiError: INVALID_ARGUMENT if it asks for a modifier that none of the catalogues knows.
        """
        settings, modifiers = self.settings.merchandising, search.page.modifiers
        if modifiers and (ready := [catalogue for catalogue in catalogues if catalogue.is_ready]):
            known = sorted({name for catalogue in ready for name in catalogue.current.products.numbers})
            if unknown := [name for name in modifiers if name not in known]:
                numbers = ", ".join(known)
                raise invalid(f"modifiers: no number {unknown[0]!r} is known of the products; there are {numbers}")
        return replace(
            search,
            rules=self.rules.book if search.rules is None else search.rules,
            modifiers=settings.modifiers if modifiers is None else modifiers,
            out_of_stock=settings.out_of_stock,
        )

    async def _respond(
        self,
        search: Search,
        caller: Caller,
        answers: list[Answer],
        route: Route,
        exposure: Exposure | None = None,
        failed_arm: str = "",
    ) -> SearchResponse:
        page, cache = search.page, self.cache.of_request(caller.lookups)
        order = partial(ordered, min_score=page.min_score, sort=page.sort, exposure=exposure, user=caller.user)
        places = order(answers)
        counts = None
        if page.facets:
            counts = await facets(self.catalogues, answers, places, order, cache, page.group)
        places = representatives(answers, places, page.group)
        response, shown = respond(search, caller, answers, places, route, exposure, counts)
        response.matching = await count_matching(search, answers)
        if not places and not response.junk:
            relaxed_order = partial(ordered, sort=page.sort, exposure=exposure, user=caller.user)
            response.nearby = await nearby(self.catalogues, search, answers, relaxed_order, cache)
            response.message = nearby_message(response.nearby) if response.nearby else response.message
        if search.explain:
            await self._explain_words(answers, shown, response)
        self.recorder.search(response, answers, shown, caller, page, failed_arm)
        return response

    async def _explain_words(self, answers: Sequence[Answer], shown: Sequence[Place], response: SearchResponse) -> None:
        """Add the shares of the words of each answer's query to the results at the places `shown`."""
        for number, answer in enumerate(answers):
            results = [result for result, place in zip(response.results, shown, strict=True) if place.answer == number]
            catalogue, version = self.catalogues[answer.ranking.catalogue], answer.ranking.version
            ids = [result.product_id for result in results]
            shares = await word_shares(catalogue, version, answer.query.text, ids)
            for result, of_result in zip(results, shares, strict=True):
                result.why.shares = of_result


def _experiment_route(answers: Sequence[Answer]) -> Route:
    return Route(catalogues=[answer.ranking.catalogue for answer in answers], reason="experiment")
