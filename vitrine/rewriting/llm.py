"""Rewriting by a language model. If it fails, is slow or exceeds its budget, another rewriter is used instead."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from cachetools import TTLCache

from vitrine.rewriting.llm_endpoint import Endpoint, NoAnswerError
from vitrine.rewriting.permission import Budget, Pause
from vitrine.rewriting.rewrite import MAX_QUERY, Change, Rewrite, Rewriter
from vitrine.rewriting.settings import LlmSettings


class LanguageModel:
    """A rewriter that calls an endpoint, once for equal queries; the rewriter `then` is used if that fails."""

    def __init__(self, settings: LlmSettings, then: Rewriter, environment: Mapping[str, str]) -> None:
        """Create the rewriter.

        Raises:
            ConfigError: The API key is missing.
        """
        self._endpoint = Endpoint(settings, environment)
        self._then = then
        self._answers: TTLCache[str, str] = TTLCache(settings.cache.entries, settings.cache.seconds)
        self._budget = Budget(settings.budget)
        self._pause = Pause(settings.pause)
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
            refusal = self._pause.refusal() or self._budget.spend()
            if refusal:
                return NoAnswerError(refusal, failed=False)
            call = self._calls[query] = asyncio.create_task(self._call(query))
            call.add_done_callback(lambda _: self._calls.pop(query))
        return await asyncio.shield(call)  # a cancelled request must not cancel the call for the others

    async def _call(self, query: str) -> str | NoAnswerError:
        try:
            answer = await self._endpoint.rewrite(query)
        except NoAnswerError as error:
            self._pause.record(error.note if error.failed else "")
            return error
        self._pause.record("")
        self._answers[query] = answer
        return answer

    async def _fall_back(self, query: str, note: str) -> Rewrite:
        return replace(await self._then.rewrite(query), source="fallback", note=note)


def _changes(before: str, after: str) -> tuple[Change, ...]:
    old, new = before.split(), after.split()
    return tuple(
        Change("llm", " ".join(old[i:j]), " ".join(new[k:m]))
        for tag, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        if tag != "equal"
    )
