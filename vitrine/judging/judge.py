"""The calls to the model: in parallel, at a rate, within a budget, repeated where that may help."""

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from tenacity import AsyncRetrying, retry_if_exception, stop_after_attempt, wait_random_exponential

from vitrine import progress
from vitrine.errors import NetworkError
from vitrine.judging.label_cache import LabelCache
from vitrine.judging.requests import Request
from vitrine.judging.rubric import JUDGE, labels_in, question
from vitrine.judging.settings import JudgingSettings
from vitrine.language_models.endpoint import Endpoint, NoAnswerError
from vitrine.language_models.formats import MalformedError
from vitrine.resilience.pace import Pace
from vitrine.resilience.retry_after import wait_retry_after

LONGEST_WAIT: Final = 120.0
"""Seconds that an endpoint may ask to wait; after a longer one, a later command is the better way."""
LONGEST_BACKOFF: Final = 30.0
CHARACTERS_PER_TOKEN: Final = 4
"""The estimate for endpoints that count no tokens."""
UNUSABLE: Final = 5
"""Requests in a row without a usable answer, after which the model is given up."""


class BudgetSpentError(Exception):
    """A call that the budget does not allow; the message names the limit."""


@dataclass
class Spent:
    """The calls of a command.

    Attributes:
        requests: Requests that were sent, with repeated ones.
        tokens: Tokens that the endpoint counted, or an estimate.
        unanswered: Products that are left without a label, since no answer was usable.
        stopped: The limit that ended the command; empty if it did all.
    """

    requests: int = 0
    tokens: int = 0
    unanswered: int = 0
    stopped: str = ""


class Judge:
    """A language model that judges, within the budget of one command."""

    def __init__(self, settings: JudgingSettings, endpoint: Endpoint, cache: LabelCache) -> None:
        self._settings, self._endpoint, self._cache = settings, endpoint, cache
        self._pace = Pace(settings.budget.per_minute / 60)
        self._unusable = 0
        self._total = self._done = 0
        self.spent = Spent()

    async def label(self, requests: Sequence[Request]) -> Spent:
        """Ask for the labels of all requests, into the cache, until all are done or the budget is spent.

        Raises:
            NetworkError: The endpoint refuses, fails again and again, or gives no usable answers.
        """
        self._total = sum(len(request.products) for request in requests)
        waiting = iter(requests)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._settings.concurrency):
                    group.create_task(self._work(waiting))
        except ExceptionGroup as group:  # the first failure ends all others
            raise group.exceptions[0] from None
        finally:
            await self._endpoint.close()
        return self.spent

    async def _work(self, waiting: Iterator[Request]) -> None:
        for request in waiting:
            if self.spent.stopped:
                return
            try:
                await self._label(request)
            except BudgetSpentError as error:
                self.spent.stopped = str(error)
                return
            self._done += len(request.products)
            progress.report("judging", self._done, self._total)

    async def _label(self, request: Request) -> None:
        attempts = AsyncRetrying(
            retry=retry_if_exception(_may_succeed),
            stop=stop_after_attempt(self._settings.attempts),
            wait=wait_retry_after(wait_random_exponential(multiplier=0.5, max=LONGEST_BACKOFF)),
            reraise=True,
        )
        try:
            labels: list[str] = await attempts(self._ask, request)
        except NoAnswerError as error:
            self._unusable += 1
            if error.failed or self._unusable == UNUSABLE:
                raise NetworkError(self._failure(error)) from None
            self.spent.unanswered += len(request.products)
            progress.note(f"no usable answer for {request.query!r}: {error.note}")
            return
        self._unusable = 0
        self._cache.add(request.query, list(zip(request.products, labels, strict=True)))

    async def _ask(self, request: Request) -> list[str]:
        budget, spent = self._settings.budget, self.spent
        if spent.requests >= budget.requests:
            raise BudgetSpentError(f"the budget of {budget.requests:,} requests is spent")
        if budget.tokens is not None and spent.tokens >= budget.tokens:
            raise BudgetSpentError(f"the budget of {budget.tokens:,} tokens is spent")
        spent.requests += 1
        await self._pace.turn("")
        message = question(request.query, request.products)
        try:
            answer = await self._endpoint.ask(JUDGE, message)
        except NoAnswerError as error:
            if not error.failed:
                self._count(error.tokens, message)
            raise
        self._count(answer.tokens, message, answer.text)
        try:
            return labels_in(answer.text, len(request.products))
        except MalformedError as error:
            raise NoAnswerError(str(error), failed=False) from None

    def _count(self, tokens: int | None, message: str, answer: str = "") -> None:
        estimate = (len(JUDGE.instructions) + len(message) + len(answer)) // CHARACTERS_PER_TOKEN
        self.spent.tokens += estimate if tokens is None else tokens

    def _failure(self, error: NoAnswerError) -> str:
        endpoint = self._settings.endpoint
        if error.failed:
            problem, advice = f"failed: {error.note}", "what is judged is kept, and the same command continues"
        else:
            problem = f"gave no usable answer {UNUSABLE} times in a row: {error.note}"
            advice = "another endpoint.structured, a larger endpoint.max_tokens or another model may help"
        return f"{endpoint.base_url}: the model {endpoint.model} {problem}; {advice}"


def _may_succeed(error: BaseException) -> bool:
    return isinstance(error, NoAnswerError) and error.again and (error.after or 0) <= LONGEST_WAIT
