"""Answers of catalogues to a query: rewriting, ranking, and the choice or merging of several answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.search.query import RankingQuery
from vitrine.gateway.search.ranking import Ranking, rank
from vitrine.rewriting.rewrite import Rewrite
from vitrine.saved_model.status import ApiError

STRENGTH_RESULTS: Final = 10
"""Number of results whose mean comparable score is the strength of an answer."""


@dataclass(frozen=True)
class Answer:
    """One catalogue's answer.

    Attributes:
        query: The query, after rewriting.
        ranking: All results.
        rewrite: The rewriting of the query, if it was changed.
        junk: True if the query appears to mean nothing in this catalogue.
    """

    query: RankingQuery
    ranking: Ranking
    rewrite: Rewrite | None
    junk: bool

    @property
    def strength(self) -> float:
        """The mean comparable score of the best results; minus infinity if there are none."""
        best = self.ranking.comparable[:STRENGTH_RESULTS]
        return float(best.mean()) if len(best) else -np.inf


@dataclass(frozen=True)
class Place:
    """The place of a result: `answer` and `position` count from 0; `arm` is the experiment's arm that it comes from."""

    answer: int
    position: int
    arm: str | None = None


async def answer_from(catalogue: Catalogue, query: RankingQuery, cache: Cache, rewriting: bool, anyway: bool) -> Answer:
    """Search one catalogue. With `rewriting` the query may be rewritten, with `anyway` no query is junk."""
    rewrite = None
    if rewriting and query.text:
        rewrite = await catalogue.current.rewriter.rewrite(query.text)
        query = replace(query, text=rewrite.query)
    ranking = await rank(catalogue, query, cache)
    version = ranking.version
    unfiltered = query.filters.is_empty
    junk = (
        query.kind == "text"
        and not anyway
        and unfiltered
        and version.confidence.is_junk(query.text, ranking.score, version.terms)
    )
    return Answer(query, ranking, rewrite if rewrite and rewrite.changes else None, junk)


async def answers_from(
    catalogues: Sequence[Catalogue], query: RankingQuery, cache: Cache, rewriting: bool, anyway: bool
) -> list[Answer]:
    """Search several catalogues at once. A catalogue that fails is left out, unless all fail.

    Raises:
        ApiError: The first catalogue's error, if all failed.
    """
    searches = [answer_from(catalogue, query, cache, rewriting, anyway) for catalogue in catalogues]
    outcomes = await asyncio.gather(*searches, return_exceptions=True)
    failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    for failure in failures:
        if not isinstance(failure, ApiError) or len(failures) == len(outcomes):
            raise failure
    return [outcome for outcome in outcomes if isinstance(outcome, Answer)]


def best_answer(answers: Sequence[Answer]) -> Answer:
    """Return the answer with the highest strength; an answer that is not junk goes before one that is."""
    return max(answers, key=lambda answer: (not answer.junk, answer.strength))


def merge(answers: Sequence[Answer]) -> list[Place]:
    """Merge the results of all answers by comparable score, best first.

    Each answer has the places that its scores give it, and fills them in the order of its ranking.
    """
    comparable = [answer.ranking.comparable for answer in answers]
    answer_index = np.repeat(np.arange(len(answers)), [len(scores) for scores in comparable])
    positions = np.concatenate([np.arange(len(scores)) for scores in comparable])
    order = np.argsort(-np.concatenate(comparable), kind="stable")
    return [
        Place(int(answer), int(answers[answer].ranking.order[position]))
        for answer, position in zip(answer_index[order], positions[order], strict=True)
    ]


def passes_min_score(ranking: Ranking, min_score: float) -> npt.NDArray[np.bool_]:
    """Return a mask, bool [C], of the results with at least `min_score`, as rounded by `rounded_score`."""
    return rounded_score(ranking.score) >= min_score


def rounded_score(score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Round scores of any shape to the digits that the API returns."""
    rounded: npt.NDArray[np.float64] = np.asarray(score, dtype=np.float64).round(6)
    return rounded
