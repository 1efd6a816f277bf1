"""Answers of catalogues to a query: interpretation, rewriting, ranking, and the choice or merging of answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.merchandising.rules import Rule
from vitrine.gateway.search.attributes import check_attributes
from vitrine.gateway.search.categories import Categories, predict_categories
from vitrine.gateway.search.interpreting import constrained, has_excluded_text, interpreted, level_bounds
from vitrine.gateway.search.merchandising import Effect, Merchandising, applying_rules, merchandised
from vitrine.gateway.search.query import RankingQuery, Search
from vitrine.gateway.search.ranking import Ranking, rank
from vitrine.interpretation.constraint import Constraint, PriceLevel
from vitrine.rewriting.rewrite import Rewrite
from vitrine.saved_model.status import ApiError

STRENGTH_RESULTS: Final = 10
"""Number of results whose mean comparable score is the strength of an answer."""


@dataclass(frozen=True)
class Answer:
    """One catalogue's answer.

    Attributes:
        query: The query, after interpretation and rewriting.
        asked: The words that were searched for before rewriting.
        ranking: All results.
        rewrite: The rewriting of the query, if it was changed.
        constraints: The constraints that words of the query express.
        categories: The categories that are predicted for the query.
        junk: True if the query appears to mean nothing in this catalogue.
        merchandising: The rules that apply, the weights of numbers, and what is done about stock.
        effect: Their effect, if there are any.
    """

    query: RankingQuery
    asked: str
    ranking: Ranking
    rewrite: Rewrite | None
    constraints: tuple[Constraint, ...]
    categories: Categories
    junk: bool
    merchandising: Merchandising = field(default_factory=Merchandising)
    effect: Effect | None = None

    @property
    def order(self) -> npt.NDArray[np.int32]:
        """The positions of the products, int32 [C], in the order in which they are shown."""
        return self.effect.order if self.effect else self.ranking.order

    @property
    def keys(self) -> npt.NDArray[np.float64]:
        """The comparable scores of the places in `order`, float64 [C], falling."""
        return self.effect.keys if self.effect else self.ranking.comparable

    @property
    def strength(self) -> float:
        """The mean comparable score of the best results; minus infinity if there are none."""
        found = self.effect.found if self.effect else len(self.ranking.product_ids)
        best = self.ranking.comparable[: min(found, STRENGTH_RESULTS)]
        return float(best.mean()) if len(best) else -np.inf


@dataclass(frozen=True)
class Place:
    """The place of a result: `answer` and `position` count from 0; `arm` is the experiment's arm that it comes from."""

    answer: int
    position: int
    arm: str | None = None


async def answer_from(catalogue: Catalogue, search: Search, cache: Cache) -> Answer:
    """Search one catalogue, with the query as it is interpreted and rewritten, if it may be."""
    check_attributes(catalogue.name, catalogue.current.products, search.query.filters, search.page.sort)
    query, constraints = interpreted(catalogue.current, search.query) if search.interpreting else (search.query, ())
    if search.out_of_stock == "hide":
        query = in_stock(query)
    only_constraints = bool(constraints) and query.text == search.query.text
    rewrite, asked = None, query.text
    if search.rewriting and asked and not only_constraints:
        rewrite = await catalogue.current.rewriter.rewrite(asked)
        query = replace(query, text=rewrite.query)
        if search.interpreting and rewrite.changes:  # "wihtout handle", corrected
            query, others = interpreted(catalogue.current, query)
            constraints += others
    ranking, categories = await asyncio.gather(
        rank(catalogue, query, cache), predict_categories(catalogue, query, cache)
    )
    if any(isinstance(constraint, PriceLevel) for constraint in constraints):
        constraints = level_bounds(constraints, ranking)
        query = constrained(replace(query, excluded=()), constraints)
        ranking = await rank(catalogue, query, cache)
    may_be_junk = query.kind in ("text", "image") and search.query.filters.is_empty
    junk = may_be_junk and not search.anyway and not only_constraints and await _is_junk(ranking, query)
    if junk and constraints:  # no phone under 5, perhaps, but phones
        unconstrained = replace(query, filters=search.query.filters, excluded=())
        junk = await _is_junk(await rank(catalogue, unconstrained, cache), query)
    rewrite = rewrite if rewrite and rewrite.changes else None
    answer = Answer(query, asked, ranking, rewrite, constraints, () if junk else categories, junk)
    rules: tuple[Rule, ...] = ()
    if search.rules is not None:
        written = (search.query.text, asked, query.text)
        rules = applying_rules(search.rules, ranking, written, query, answer.categories, search.rules_at)
    merchandising = Merchandising(rules, search.modifiers or {}, search.out_of_stock)
    return await with_merchandising(catalogue, replace(answer, merchandising=merchandising), cache)


def in_stock(query: RankingQuery) -> RankingQuery:
    """Return a query for what is in stock only."""
    return replace(query, filters=query.filters.model_copy(update={"in_stock": True}))


async def with_merchandising(catalogue: Catalogue, answer: Answer, cache: Cache) -> Answer:
    """Return an answer with the effect of its merchandising. A query that means nothing finds what rules pin for it."""
    if answer.merchandising.is_empty:
        return answer
    ranking, effect = await merchandised(catalogue, answer.merchandising, answer.query, answer.ranking, cache)
    if answer.junk and effect.has_pinned:
        return replace(answer, ranking=ranking, effect=effect.with_pinned_only(), junk=False)
    return replace(answer, ranking=ranking, effect=effect)


async def _is_junk(ranking: Ranking, query: RankingQuery) -> bool:
    version = ranking.version
    if query.kind == "image":
        detector = version.image_confidence  # which takes some milliseconds
        return detector is not None and await asyncio.to_thread(detector.is_junk, query.image, ranking.by_image)
    words, categories = version.terms, version.category_terms
    return version.confidence.is_junk(query.text, ranking.score, words, categories)


async def answers_from(catalogues: Sequence[Catalogue], search: Search, cache: Cache) -> list[Answer]:
    """Search several catalogues at once. A catalogue that fails is left out, unless all fail.

    Raises:
        ApiError: The first catalogue's error, if all failed.
    """
    searches = [answer_from(catalogue, search, cache) for catalogue in catalogues]
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
    comparable = [answer.keys for answer in answers]
    answer_index = np.repeat(np.arange(len(answers)), [len(scores) for scores in comparable])
    positions = np.concatenate([np.arange(len(scores)) for scores in comparable])
    order = np.argsort(-np.concatenate(comparable), kind="stable")
    return [
        Place(int(answer), int(answers[answer].order[position]))
        for answer, position in zip(answer_index[order], positions[order], strict=True)
    ]


def passing_results(answer: Answer, min_score: float) -> npt.NDArray[np.bool_]:
    """Return a mask, bool [C], of the results with at least `min_score`, as rounded by `rounded_score`.

    Those whose description has excluded words do not pass, nor those that a rule hides.
    """
    high = rounded_score(answer.ranking.score) >= min_score
    passing = high & ~has_excluded_text(answer.ranking, answer.query.excluded)
    return passing & ~answer.effect.is_hidden if answer.effect else passing


def rounded_score(score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Round scores of any shape to the digits that the API returns."""
    rounded: npt.NDArray[np.float64] = np.asarray(score, dtype=np.float64).round(6)
    return rounded
