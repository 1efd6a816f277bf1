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
from vitrine.clicks.models.sessions import Floats, Sessions
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
    """What the steps read of S searches: the row of the last click (-1 without one), int64 [S], and masks [L, S]."""

    clicked: np.ndarray
    shown: np.ndarray
    last: np.ndarray
    length: np.ndarray

    @classmethod
    def of(cls, sessions: Sessions) -> "_Lists":
        rows = np.arange(len(sessions.clicked))[:, None]
        last = np.where(sessions.clicked, rows, -1).max(0, initial=-1)
        return cls(sessions.clicked, sessions.shown, last, sessions.lengths)


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
    clicked = np.bincount(pair, weights * lists.clicked[shown], sessions.pairs)
    impressions = np.bincount(pair, weights, sessions.pairs)
    # A click on the last product decides nothing: whether it satisfied cannot be seen.
    rows = np.arange(len(shown))[:, None]
    is_decided = (lists.clicked & (rows < lists.length - 1))[shown]
    decided = np.bincount(pair, weights * is_decided, sessions.pairs)
    has_last = (lists.last >= 0) & (lists.last < lists.length - 1)
    last_pair = sessions.pair[np.maximum(lists.last, 0), np.arange(len(weight))][has_last]
    alpha = prior.estimate(clicked, impressions)
    sigma = np.full(sessions.pairs, CASCADE_SATISFACTION if is_cascade else SATISFACTION.mean)
    continuation = 1.0 if is_cascade else START_CONTINUATION
    trace: list[float] = []
    total = max(float(weights.sum()), 1.0)
    while True:
        expected = _expect(lists, _by_place(alpha, sessions), _by_place(sigma, sessions), continuation)
        density = SATISFACTION.log_density(sigma[:1] if is_cascade else sigma)
        trace.append(float(weight @ expected.log_likelihood) + prior.log_density(alpha) + density)
        examined = np.bincount(pair, weights * expected.examined[shown], sessions.pairs)
        satisfied = np.bincount(last_pair, (weight * expected.satisfied)[has_last], sessions.pairs)
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
            stays = 1 - continuation + continuation * silent[row]
            before = before * continuation * silent[row] / np.maximum(stays, TINY)
        before = np.where(row <= last, 1.0, np.where(row == last + 1, start, before))
        examined[row] = before
    examined = np.where(lists.shown, examined, 0.0)
    rows = np.arange(depth)[:, None]
    seen = rows <= last
    of_rows = np.where(
        lists.clicked, np.log(np.maximum(attraction, TINY)), np.log1p(-np.minimum(attraction, 1 - TINY))
    )
    went_past = lists.clicked & (rows < last)
    likelihood = (
        np.where(seen & lists.shown, of_rows, 0.0).sum(0)
        + np.where(went_past, np.log1p(-np.minimum(satisfaction, 1 - TINY)), 0.0).sum(0)
        + np.maximum(last, 0) * np.log(continuation)
        + np.log(np.maximum(np.where(has_click, ending, silent[0]), TINY))
    )
    satisfied = np.where(has_click, sigma / ending, 0.0)
    is_open = last < lists.length - 1
    in_tail = (rows > last) & (rows < lists.length - 1)
    after_click = np.where(has_click & is_open, 1 - satisfied, 0.0)
    could = np.maximum(last, 0) + after_click + np.where(in_tail, examined, 0.0).sum(0)
    went_on = np.maximum(last, 0) + np.where((rows > np.maximum(last, 0)) & lists.shown, examined, 0.0).sum(0)
    return _Expected(likelihood, examined, satisfied, went_on, could)
