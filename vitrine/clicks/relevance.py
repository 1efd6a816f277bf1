"""Graded relevance of pairs of a query and a product, with its certainty, from a log."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy import stats  # type: ignore[import-untyped]

from vitrine.clicks.impressions import Floats, Impressions, Ints
from vitrine.clicks.models.choice import Choice, choose
from vitrine.clicks.models.fitted import Fitted
from vitrine.clicks.models.sessions import sessions_of, sums
from vitrine.clicks.settings import LearningSettings

DAY: Final = 86_400.0
CONFIDENCE: Final = 0.95


@dataclass(frozen=True)
class Relevance:
    """The relevance of P pairs, in [0, 1], and what it rests on.

    It is the probability that the product satisfies whoever examines it: that it is clicked, and, in the DBN, that the
    click satisfies (Chapelle and Zhang 2009). Its posterior is a Beta distribution.

    Attributes:
        query: int64 [P], the number of the query in `queries`.
        product: int64 [P], the number of the product in `products`.
        alpha: float64 [P], successes of the posterior, with the prior's.
        beta: float64 [P], failures of the posterior, with the prior's.
        support: float64 [P], impressions that were examined, after ageing.
        users: int64 [P], users to whom the pair was shown.
        clicks: int64 [P], impressions that were clicked or bought, without ageing.
        purchases: int64 [P].
        queries: the texts, as they were typed first.
        normalised: the normalised texts.
        products: the ids.
    """

    query: Ints
    product: Ints
    alpha: Floats
    beta: Floats
    support: Floats
    users: Ints
    clicks: Ints
    purchases: Ints
    queries: Sequence[str]
    normalised: Sequence[str]
    products: Sequence[str]

    @property
    def value(self) -> Floats:
        """The mean of the posterior, float64 [P]."""
        return self.alpha / (self.alpha + self.beta)

    def interval(self) -> tuple[Floats, Floats]:
        """Return both ends of the 95% interval of the posterior, float64 [P] each."""
        side = (1 - CONFIDENCE) / 2
        posterior = stats.beta(self.alpha, self.beta)
        return np.asarray(posterior.ppf(side)), np.asarray(posterior.ppf(1 - side))

    def between(self, low: Floats, high: Floats) -> Floats:
        """Return the posterior's probability that the relevance is in `[low, high)`, float64 [P]."""
        return np.asarray(
            stats.beta.cdf(high, self.alpha, self.beta) - stats.beta.cdf(low, self.alpha, self.beta), np.float64
        )

    def take(self, rows: np.ndarray) -> "Relevance":
        """Return the pairs in `rows`, bool [P] or numbers."""
        names = ("query", "product", "alpha", "beta", "support", "users", "clicks", "purchases")
        columns = {name: getattr(self, name)[rows] for name in names}
        return Relevance(**columns, queries=self.queries, normalised=self.normalised, products=self.products)


def learn_relevance(impressions: Impressions, now: float, settings: LearningSettings) -> tuple[Relevance, Choice]:
    """Choose a click model, and return the relevance of each pair with it.

    A search counts half after `relevance.half_life_days`. A purchase is a click, and adds `relevance.purchase` − 1
    further clicks to the pair's successes; models know clicks only.

    Raises:
        DataError: See `vitrine.clicks.models.choice.choose`.
    """
    keys, pair = np.unique(impressions.keys, return_inverse=True)
    ages = np.maximum(now - impressions.time, 0) / DAY
    weight = 0.5 ** (ages / settings.relevance.half_life_days)
    choice = choose(sessions_of(impressions, pair, len(keys), weight), settings.model)
    bought = sums(weight[impressions.search] * impressions.bought, pair, len(keys))
    extra = (settings.relevance.purchase - 1) * bought
    alpha, beta = posterior(choice.fitted, extra)
    products = max(len(impressions.products), 1)
    return (
        Relevance(
            query=keys // products,
            product=keys % products,
            alpha=alpha,
            beta=beta,
            support=choice.fitted.evidence.examined,
            users=_users(pair, impressions.user[impressions.search], len(keys)),
            clicks=np.bincount(pair[impressions.clicked], minlength=len(keys)),
            purchases=np.bincount(pair[impressions.bought], minlength=len(keys)),
            queries=impressions.spellings,
            normalised=impressions.queries,
            products=impressions.products,
        ),
        choice,
    )


def posterior(fitted: Fitted, extra: Floats) -> tuple[Floats, Floats]:
    """Return the parameters of the Beta posterior of relevance, float64 [P] each.

    The posterior of satisfaction is multiplied: the product of two independent Beta variables is matched by the Beta
    distribution of the same mean and variance.

    Args:
        fitted: The model.
        extra: float64 [P], clicks that purchases add.
    """
    evidence, prior = fitted.evidence, fitted.prior
    attraction = _beta(evidence.clicked + extra, evidence.examined + extra, prior.mean, prior.strength)
    if evidence.satisfied is None or evidence.decided is None:
        return attraction
    satisfaction = _beta(evidence.satisfied + extra, evidence.decided + extra, 0.5, 1.0)
    means, squares = zip(*(_moments(*each) for each in (attraction, satisfaction)), strict=True)
    mean, square = means[0] * means[1], squares[0] * squares[1]
    variance = np.maximum(square - mean**2, 1e-12)
    size = np.maximum(mean * (1 - mean) / variance - 1, 1e-3)
    return mean * size, (1 - mean) * size


def _beta(successes: Floats, observations: Floats, mean: float, strength: float) -> tuple[Floats, Floats]:
    return successes + strength * mean, np.maximum(observations - successes, 0) + strength * (1 - mean)


def _moments(alpha: Floats, beta: Floats) -> tuple[Floats, Floats]:
    """Return the mean and the mean square of Beta variables."""
    size = alpha + beta
    mean = alpha / size
    return mean, mean * (alpha + 1) / (size + 1)


def _users(pair: Ints, user: Ints, pairs: int) -> Ints:
    """Return the number of distinct users of each pair, int64 [P]."""
    span = int(user.max(initial=0)) + 1
    return np.bincount(np.unique(pair * span + user) // span, minlength=pairs)
