"""From a question to answers: rewriting, ranking, and which catalogue's answer it is."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.served import Catalogue
from vitrine.gateway.search.ranking import Question, Ranking, rank
from vitrine.rewriting.rewrite import Rewrite
from vitrine.saved_model.status import ApiError

BEST_OF: Final = 10
"""Results whose mean comparable score says how well a catalogue answers."""


@dataclass(frozen=True)
class Answer:
    """One catalogue's answer.

    Attributes:
        question: What was asked, after rewriting.
        ranking: All that was found.
        rewrite: What was asked instead of the query, if anything.
        junk: Whether the query seems to be no words at all to this catalogue.
    """

    question: Question
    ranking: Ranking
    rewrite: Rewrite | None
    junk: bool

    @property
    def strength(self) -> float:
        """Mean comparable score of the best few; minus infinity where nothing was found."""
        best = self.ranking.comparable[:BEST_OF]
        return float(best.mean()) if len(best) else -np.inf


@dataclass(frozen=True)
class Place:
    """Where a result stands: `answer` and `position` count from 0; `arm` is the side of an experiment that gave it."""

    answer: int
    position: int
    arm: str | None = None


async def answer(catalogue: Catalogue, question: Question, cache: Cache, rewriting: bool, anyway: bool) -> Answer:
    """Ask one catalogue. With `rewriting` the query may be corrected, with `anyway` no query is junk."""
    rewrite = None
    if rewriting and question.text:
        rewrite = await catalogue.edition.rewriter.rewrite(question.text)
        question = replace(question, text=rewrite.query)
    ranking = await rank(catalogue, question, cache)
    edition = ranking.edition
    unfiltered = question.filters.is_empty
    junk = (
        question.kind == "text"
        and not anyway
        and unfiltered
        and edition.confidence.is_junk(question.text, ranking.score, edition.vocabulary)
    )
    return Answer(question, ranking, rewrite if rewrite and rewrite.changes else None, junk)


async def answers(
    catalogues: Sequence[Catalogue], question: Question, cache: Cache, rewriting: bool, anyway: bool
) -> list[Answer]:
    """Ask several catalogues at once. One that fails is left out, unless all do.

    Raises:
        ApiError: What the first one said, if all failed.
    """
    asked = [answer(one, question, cache, rewriting, anyway) for one in catalogues]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    failures = [one for one in outcomes if isinstance(one, BaseException)]
    for failure in failures:
        if not isinstance(failure, ApiError) or len(failures) == len(outcomes):
            raise failure
    return [one for one in outcomes if isinstance(one, Answer)]


def strongest(found: Sequence[Answer]) -> Answer:
    """The answer with the highest mean z-score of its best results; one that is no junk goes before one that is."""
    return max(found, key=lambda one: (not one.junk, one.strength))


def merged(found: Sequence[Answer]) -> list[Place]:
    """All results of all answers, by comparable score, best first."""
    comparable = [one.ranking.comparable for one in found]
    whose = np.repeat(np.arange(len(found)), [len(one) for one in comparable])
    where = np.concatenate([np.arange(len(one)) for one in comparable])
    order = np.argsort(-np.concatenate(comparable), kind="stable")
    return [Place(int(one), int(position)) for one, position in zip(whose[order], where[order], strict=True)]


def good_enough(ranking: Ranking, min_score: float) -> npt.NDArray[np.bool_]:
    """Bool [C]: which results have at least this score, as it is shown."""
    return shown_score(ranking.score) >= min_score


def shown_score(score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Scores of any shape with the digits that the API gives."""
    rounded: npt.NDArray[np.float64] = np.asarray(score, dtype=np.float64).round(6)
    return rounded
