"""Models of users who look through a list from its top: the dynamic Bayesian network (DBN), and the cascade model.

A user examines the first product. Who examines a product clicks it if it attracts. A click satisfies with a probability
of its pair, and who is satisfied leaves. Who is not goes on to the next product with the probability `continuation`
(Chapelle and Zhang 2009, "A Dynamic Bayesian Network Click Model for Web Search Ranking"; the formulas are those of
their appendix, with the counts of Chuklin, Markov and de Rijke 2015, section 4.3).

The cascade model (Craswell et al. 2008) is the case in which everyone goes on until a click, and leaves after it. It
gives searches with two clicks no probability. So here the satisfaction is one number for all clicks, as in the
dependent click model (Guo, Liu and Wang 2009) with one parameter; it is near 1 for a log of the pure model.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.clicks.models.fitted import Evidence
from vitrine.clicks.models.prior import TINY, Prior
from vitrine.clicks.models.sessions import Floats, Ints, Mask, Sessions, sums
from vitrine.clicks.settings import ModelSettings

SATISFACTION: Final = Prior(0.5, 1.0)
"""The prior of the satisfaction by a pair, about one click."""
CASCADE_SATISFACTION: Final = 0.9
START_CONTINUATION: Final = 0.9


@dataclass(frozen=True)
class BrowsingModel:
    """A fitted DBN, or cascade model.

    Attributes:
        satisfaction: float64 [P], the probability that a click satisfies.
        continuation: The probability that an unsatisfied user goes on.
        is_cascade: Whether all pairs have the same satisfaction, and everyone unsatisfied goes on.
    """

    attraction: Floats
    satisfaction: Floats
    continuation: float
    is_cascade: bool
    prior: Prior
    trace: list[float]
    evidence: Evidence

    def log_likelihood(self, sessions: Sessions) -> Floats:
        """Return the log-likelihood of each search's clicks, float64 [S]."""
        lists = _Lists.of(sessions)
        return _expect(lists, *self._of(sessions), self.continuation).log_likelihood

    def click_probability(self, sessions: Sessions) -> Floats:
        """Return the probability of a click on each product before anything is clicked, float64 [L, S]."""
        attraction, satisfaction = self._of(sessions)
        probability, examined = np.empty_like(attraction), np.ones(attraction.shape[1])
        for row in range(len(attraction)):
            probability[row] = examined * attraction[row]
            examined = examined * self.continuation * (1 - attraction[row] * satisfaction[row])
        return np.where(sessions.shown, probability, 0.0)

    def parameters(self) -> dict[str, object]:
        """Return the satisfaction of the cascade model, or the continuation."""
        if self.is_cascade:
            return {"satisfaction": float(self.satisfaction[0]) if self.satisfaction.size else CASCADE_SATISFACTION}
        return {"continuation": self.continuation}

    def _of(self, sessions: Sessions) -> tuple[Floats, Floats]:
        return _by_place(self.attraction, sessions), _by_place(self.satisfaction, sessions)


@dataclass(frozen=True)
class _Lists:
    """The part of S searches that the steps read, which does not change from step to step.

    Attributes:
        clicked: bool [L, S].
        shown: bool [L, S].
        last: int64 [S], the row of the last click, -1 without one.
        went_past: bool [L, S], clicks before the last one, which did not satisfy.
        after: bool [L, S], the products below the first one that may not be examined.
        could_go_on: bool [L, S], unclicked products after the last click that others follow.
        is_decided: bool [L, S], clicks that others could follow: whether the last product satisfied cannot be seen.
    """

    clicked: Mask
    shown: Mask
    last: Ints
    went_past: Mask
    after: Mask
    could_go_on: Mask
    is_decided: Mask

    @classmethod
    def of(cls, sessions: Sessions) -> "_Lists":
        clicked, shown = sessions.clicked, sessions.shown
        rows = np.arange(len(clicked))[:, None]
        last = np.asarray(np.where(clicked, rows, -1).max(0, initial=-1), np.int64)
        has_next = rows < sessions.lengths - 1
        return cls(
            clicked=clicked,
            shown=shown,
            last=last,
            went_past=clicked & (rows < last),
            after=(rows > np.maximum(last, 0)) & shown,
            could_go_on=(rows > last) & has_next,
            is_decided=clicked & has_next,
        )


@dataclass(frozen=True)
class _Expected:
    """Expectations given the clicks: `examined` [L, S], `satisfied` by the last click [S], and counts of going on."""

    log_likelihood: Floats
    examined: Floats
    satisfied: Floats
    went_on: Floats
    could_go_on: Floats


def fit_browsing(sessions: Sessions, prior: Prior, settings: ModelSettings, is_cascade: bool) -> BrowsingModel:
    """Fit a DBN, or a cascade model."""
    lists = _Lists.of(sessions)
    shown, weight = lists.shown, sessions.weight
    pair = sessions.pair[shown]
    weights = np.broadcast_to(weight, shown.shape)[shown]
    clicked = sums(weights * lists.clicked[shown], pair, sessions.pairs)
    impressions = sums(weights, pair, sessions.pairs)
    decided = sums(weights * lists.is_decided[shown], pair, sessions.pairs)
    last_cell = np.maximum(lists.last, 0), np.arange(len(weight))
    has_last = lists.is_decided[last_cell]
    last_pair = sessions.pair[last_cell][has_last]
    alpha = prior.estimate(clicked, impressions)
    sigma = np.full(sessions.pairs, CASCADE_SATISFACTION if is_cascade else SATISFACTION.mean)
    continuation = 1.0 if is_cascade else START_CONTINUATION
    trace: list[float] = []
    total = max(float(weights.sum()), 1.0)
    while True:
        expected = _expect(lists, _by_place(alpha, sessions), _by_place(sigma, sessions), continuation)
        density = SATISFACTION.log_density(sigma[:1] if is_cascade else sigma)
        trace.append(float(weight @ expected.log_likelihood) + prior.log_density(alpha) + density)
        examined = sums(weights * expected.examined[shown], pair, sessions.pairs)
        satisfied = sums((weight * expected.satisfied)[has_last], last_pair, sessions.pairs)
        done = len(trace) > 1 and trace[-1] - trace[-2] < settings.tolerance * total
        if done or len(trace) >= settings.iterations:
            break
        alpha = prior.estimate(clicked, examined)
        if is_cascade:
            sigma = np.broadcast_to(SATISFACTION.estimate(satisfied.sum(), decided.sum()), sigma.shape)
        else:
            sigma = SATISFACTION.estimate(satisfied, decided)
            went_on, could = float(weight @ expected.went_on), float(weight @ expected.could_go_on)
            continuation = min(max(went_on / could, TINY), 1 - TINY) if could > 0 else continuation
    evidence = Evidence(examined, clicked, *(() if is_cascade else (satisfied, decided)))
    return BrowsingModel(alpha, sigma, continuation, is_cascade, prior, trace, evidence)


def _by_place(values: Floats, sessions: Sessions) -> Floats:
    return np.asarray(np.append(values, 0.0)[sessions.pair], np.float64)


def _expect(lists: _Lists, attraction: Floats, satisfaction: Floats, continuation: float) -> _Expected:
    """Return the expectations of the hidden variables; attraction and satisfaction are float64 [L, S]."""
    depth, count = attraction.shape
    # No click from row i on, given that it is examined.
    silent = np.ones((depth + 1, count))
    for row in range(depth - 1, -1, -1):
        silent[row] = (1 - attraction[row]) * (1 - continuation + continuation * silent[row + 1])
    columns = np.arange(count)
    last, has_click = lists.last, lists.last >= 0
    sigma = np.where(has_click, satisfaction[np.maximum(last, 0), columns], 0.0)
    after = silent[last + 1, columns]
    unsatisfied = (1 - sigma) * (1 - continuation + continuation * after)
    ending = np.where(has_click, sigma + unsatisfied, 1.0)
    start = np.where(has_click, (1 - sigma) * continuation * after / ending, 1.0)
    examined = np.empty((depth, count))
    before = np.zeros(count)
    for row in range(depth):
        if row:
            goes_on = continuation * silent[row]
            before = before * goes_on / np.maximum(1 - continuation + goes_on, TINY)
        before = np.where(row <= last, 1.0, np.where(row == last + 1, start, before))
        examined[row] = before
    examined = np.where(lists.shown, examined, 0.0)
    seen = lists.shown & (np.arange(depth)[:, None] <= last)
    chances = np.where(seen, np.where(lists.clicked, attraction, 1 - attraction), 1.0)
    chances = np.where(lists.went_past, chances * (1 - satisfaction), chances)
    steps = np.maximum(last, 0)
    likelihood = (
        np.log(np.maximum(chances, TINY)).sum(0)
        + steps * np.log(continuation)
        + np.log(np.maximum(np.where(has_click, ending, silent[0]), TINY))
    )
    satisfied = np.where(has_click, sigma / ending, 0.0)
    decided = lists.is_decided[np.maximum(last, 0), columns]
    could = steps + np.where(decided, 1 - satisfied, 0.0) + np.where(lists.could_go_on, examined, 0.0).sum(0)
    went_on = steps + np.where(lists.after, examined, 0.0).sum(0)
    return _Expected(likelihood, examined, satisfied, went_on, could)
