"""Rewriting by a language model. If it fails, is slow or exceeds its budget, another rewriter is used instead."""

import asyncio
import json
import logging
from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from cachetools import TTLCache

from vitrine.language_models.endpoint import Endpoint, NoAnswerError
from vitrine.language_models.formats import MalformedError
from vitrine.resilience.circuit_breaker import CircuitBreaker
from vitrine.rewriting.budget import Budget
from vitrine.rewriting.llm_task import MEND, mended_query
from vitrine.rewriting.rewrite import MAX_QUERY, Change, Rewrite, Rewriter
from vitrine.rewriting.settings import LlmSettings

log = logging.getLogger(__name__)


class LanguageModel:
    """A rewriter that calls an endpoint, once for equal queries; the rewriter `then` is used if that fails."""

    def __init__(self, settings: LlmSettings, then: Rewriter, environment: Mapping[str, str]) -> None:
        """Create the rewriter.

        Raises:
            ConfigError: The API key is missing.
        """
        self._endpoint = Endpoint(settings, environment, "rewriting")
        self._then = then
        self._answers: TTLCache[str, str] = TTLCache(settings.cache.entries, settings.cache.seconds)
        self._budget = Budget(settings.budget)
        self._pause = settings.pause
        self._breaker = CircuitBreaker(settings.pause.failures, settings.pause.seconds, _is_endpoints_fault)
        self._calls: dict[str, asyncio.Task[str | NoAnswerError]] = {}

    async def rewrite(self, query: str) -> Rewrite:
        """Rewrite a query, within the timeout."""
        normalised = " ".join(query.split())
        if not normalised or len(query) > MAX_QUERY:
            return await self._fall_back(query, "query is too long" if normalised else "query is empty")
        answer = self._answers.get(normalised)
        outcome = await self._shared_call(normalised) if answer is None else answer
        if isinstance(outcome, NoAnswerError):
            return await self._fall_back(query, outcome.note)
        if outcome == normalised:
            return Rewrite(query, (), "llm")
        return Rewrite(outcome, _changes(normalised, outcome), "llm")

    async def close(self) -> None:
        """Wait for the calls in progress, and close the connections."""
        await asyncio.gather(*self._calls.values())
        await self._endpoint.close()

    async def _shared_call(self, query: str) -> str | NoAnswerError:
        """Wait for the call for a query, which requests with the same query share."""
        call = self._calls.get(query)
        if call is None:
            call = self._calls[query] = asyncio.create_task(self._call(query))
            call.add_done_callback(lambda _: self._calls.pop(query))
        return await asyncio.shield(call)  # a cancelled request must not cancel the call for the others

    async def _call(self, query: str) -> str | NoAnswerError:
        if self._breaker.is_open:
            return NoAnswerError("paused after failures", failed=False)
        if refusal := self._budget.spend():
            return NoAnswerError(refusal, failed=False)
        try:
            with self._breaker.guard():
                answer = await self._mended(query)
        except NoAnswerError as error:
            self._tell_if_paused(error)
            return error
        self._answers[query] = answer
        return answer

    async def _mended(self, query: str) -> str:
        answer = await self._endpoint.ask(MEND, json.dumps({"query": query}))
        try:
            return mended_query(query, answer.text)
        except MalformedError as error:
            raise NoAnswerError(str(error), failed=False) from None

    def _tell_if_paused(self, error: NoAnswerError) -> None:
        if self._breaker.is_open:
            log.warning(
                "The language model of query rewriting failed %d times in a row (%s); no calls for %g s",
                self._breaker.consecutive_failures,
                error.note,
                self._pause.seconds,
            )

    async def _fall_back(self, query: str, note: str) -> Rewrite:
        return replace(await self._then.rewrite(query), source="fallback", note=note)


def _is_endpoints_fault(error: Exception) -> bool:
    return isinstance(error, NoAnswerError) and error.failed


def _changes(before: str, after: str) -> tuple[Change, ...]:
    old, new = before.split(), after.split()
    return tuple(
        Change("llm", " ".join(old[i:j]), " ".join(new[k:m]))
        for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    )
