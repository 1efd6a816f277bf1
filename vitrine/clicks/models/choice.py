"""The choice of a click model by the likelihood of users whose searches no model was fitted to."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from vitrine.clicks.models.browsing import fit_browsing
from vitrine.clicks.models.fitted import Fitted
from vitrine.clicks.models.position import fit_position
from vitrine.clicks.models.prior import TINY, Prior
from vitrine.clicks.models.sessions import Ints, Mask, Sessions
from vitrine.clicks.models.swaps import Harvested, harvest
from vitrine.clicks.settings import ModelName, ModelSettings
from vitrine.errors import DataError

FIRST: Final = Prior(0.5, 1.0)
"""The prior of the first pass, which measures the mean of the prior of the second."""


@dataclass(frozen=True)
class Held:
    """The quality of a model's predictions of the held-out searches.

    Attributes:
        log_likelihood: the mean of a search.
        perplexity: the mean over positions of `2^(−mean log2 P(click or none))`, before anything is clicked; 1 is
            perfect and 2 a coin (Chuklin, Markov and de Rijke 2015, section 5.2).
        iterations: steps of expectation maximisation.
    """

    log_likelihood: float
    perplexity: float
    iterations: int


@dataclass(frozen=True)
class Choice:
    """The chosen model, fitted to all searches.

    Attributes:
        name: of the chosen model.
        fitted: the model.
        held_out: each candidate's figures on the held-out searches.
        searches: the number of held-out searches.
        harvested: the propensities of products that were shown at several positions, if there are enough.
        position_model: the PBM, whose propensities are reported whatever is chosen.
    """

    name: ModelName
    fitted: Fitted
    held_out: dict[ModelName, Held]
    searches: int
    harvested: Harvested | None
    position_model: Fitted


def choose(sessions: Sessions, settings: ModelSettings) -> Choice:
    """Fit the candidates to the searches of most users, and the one that predicts the others best to all.

    Raises:
        DataError: there are fewer than two users, or no candidate can be fitted.
    """
    rng = np.random.default_rng(settings.seed)
    users = rng.permutation(np.unique(sessions.user))
    if len(users) < 2:
        raise DataError("the log has fewer than two users whose searches count, so no click model can be chosen")
    is_held = np.zeros(int(users.max()) + 1, bool)
    is_held[users[: max(1, round(len(users) * settings.held_out))]] = True
    looked_at = sessions.take(_sampled(sessions.user, settings.choice_searches, rng))
    fitting, testing = (looked_at.take(is_held[looked_at.user] == side) for side in (False, True))
    if not len(fitting.user) or not len(testing.user):  # a few users made most searches
        fitting, testing = (sessions.take(is_held[sessions.user] == side) for side in (False, True))
    figures: dict[ModelName, Held] = {}
    for name in settings.candidates:
        fitted = fit(name, fitting, settings, harvest(fitting))
        if fitted is not None:
            figures[name] = measure(fitted, testing)
    if not figures:
        raise DataError("pbm_swaps needs products that were shown at several positions; add another candidate")
    best = max(figures, key=lambda name: figures[name].log_likelihood)
    harvested = harvest(sessions)
    chosen = fit(best, sessions, settings, harvested)
    assert chosen is not None
    position = chosen if best == "pbm" else fit("pbm", sessions, settings, None)
    assert position is not None
    return Choice(best, chosen, figures, len(testing.user), harvested, position)


def fit(name: ModelName, sessions: Sessions, settings: ModelSettings, harvested: Harvested | None) -> Fitted | None:
    """Fit a model, in two passes: the first one measures the mean attraction, around which the second one's prior is.

    None for `pbm_swaps` without harvested propensities.
    """
    if name == "pbm_swaps" and harvested is None:
        return None
    rough = settings.model_copy(update={"iterations": min(settings.iterations, 20)})
    first = _fit(name, sessions, FIRST, rough, harvested)
    examined = float(first.evidence.examined.sum())
    mean = float(first.evidence.clicked.sum()) / examined if examined > 0 else FIRST.mean
    prior = Prior(float(np.clip(mean, 0.001, 0.999)), settings.prior)
    return _fit(name, sessions, prior, settings, harvested)


def _fit(
    name: ModelName, sessions: Sessions, prior: Prior, settings: ModelSettings, harvested: Harvested | None
) -> Fitted:
    if name in ("cascade", "dbn"):
        return fit_browsing(sessions, prior, settings, is_cascade=name == "cascade")
    propensities = harvested.propensities if name == "pbm_swaps" and harvested else None
    return fit_position(sessions, prior, settings, propensities)


def measure(fitted: Fitted, sessions: Sessions) -> Held:
    """Return a model's figures on searches."""
    probability = fitted.click_probability(sessions)
    surprise = -np.log2(np.maximum(np.where(sessions.clicked, probability, 1 - probability), TINY))
    shown = sessions.shown
    counts = shown.sum(1)
    mean = np.where(shown, surprise, 0.0).sum(1)[counts > 0] / counts[counts > 0]
    likelihood = float(fitted.log_likelihood(sessions).mean())
    return Held(likelihood, float((2**mean).mean()), len(fitted.trace))


def _sampled(user: Ints, searches: int, rng: np.random.Generator) -> Mask:
    """Return the searches of random users, bool [S], about `searches` of them."""
    if len(user) <= searches:
        return np.ones(len(user), bool)
    return np.asarray(rng.random(int(user.max()) + 1)[user] < searches / len(user), bool)
