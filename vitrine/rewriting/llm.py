"""Rewriting by a language model, which may fail, be slow or cost too much: then the query passes, or rules apply."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from vitrine.resilience.circuit_breaker import CircuitBreaker
from vitrine.rewriting.answers import Answers
from vitrine.rewriting.budget import Budget
from vitrine.rewriting.endpoint import Endpoint, NoAnswerError
from vitrine.rewriting.rewrite import MAX_QUERY, Change, Rewrite, Rewriter
from vitrine.rewriting.settings import LlmSettings

log = logging.getLogger(__name__)


class LanguageModel:
    """Asks an endpoint, once for the same query; `then` rewrites what it does not."""

    def __init__(self, settings: LlmSettings, then: Rewriter, environment: Mapping[str, str]) -> None:
        """Raises ConfigError where the key is missing."""
        self._endpoint = Endpoint(settings, environment)
        self._then = then
        self._answers = Answers(settings.cache)
        self._budget = Budget(settings.budget)
        self._pause = settings.pause
        self._breaker = CircuitBreaker(settings.pause.failures, settings.pause.seconds, _is_endpoints_fault)
        self._calls: dict[str, asyncio.Task[str | NoAnswerError]] = {}

    async def rewrite(self, query: str) -> Rewrite:
        """Rewrite a query, within the timeout."""
        asked = " ".join(query.split())
        if not asked or len(query) > MAX_QUERY:
            return await self._fall_back(query, "query is too long" if asked else "query is empty")
        answer = self._answers.get(asked)
        outcome = await self._outcome(asked) if answer is None else answer
        if isinstance(outcome, NoAnswerError):
            return await self._fall_back(query, outcome.note)
        return Rewrite(outcome, _changes(asked, outcome), "llm") if outcome != asked else Rewrite(query, (), "llm")

    async def close(self) -> None:
        """Wait for the calls under way, and close the connections."""
        await asyncio.gather(*self._calls.values())
        await self._endpoint.close()

    async def _outcome(self, asked: str) -> str | NoAnswerError:
        """Wait for the call of this query, which others may wait for, too."""
        call = self._calls.get(asked)
        if call is None:
            call = self._calls[asked] = asyncio.create_task(self._call(asked))
            call.add_done_callback(lambda _: self._calls.pop(asked))
        return await asyncio.shield(call)  # a shopper who leaves does not take the answer from the others

    async def _call(self, asked: str) -> str | NoAnswerError:
        if self._breaker.is_open:
            return NoAnswerError("paused after failures", failed=False)
        if refusal := self._budget.spend():
            return NoAnswerError(refusal, failed=False)
        try:
            with self._breaker.guard():
                answer = await self._endpoint.ask(asked)
        except NoAnswerError as error:
            self._tell_if_paused(error)
            return error
        self._answers.put(asked, answer)
        return answer

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
