"""How far an answer can be trusted: scores on one scale for all catalogues, and queries that are no words at all.

Nothing of a score says "nothing here fits": some product is always the closest. Three things together do: the best
score, how far it stands out from the other candidates, and how many of the query's words the catalogue, or anyone who
searched it, ever used. `vitrine.search.build.calibration` weighs them. Imports nothing heavy.
"""

from collections.abc import Container

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, PositiveFloat, field_serializer

from vitrine.text.words import keys_of

LOWEST = 1e-6
"""Scores are kept this far from 0 and 1, where log-odds have no value."""


def log_odds(score: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Log-odds of scores in [0, 1], of any shape."""
    clipped = np.clip(np.asarray(score, dtype=np.float64), LOWEST, 1 - LOWEST)
    return np.log(clipped / (1 - clipped))


def evidence(score: npt.NDArray[np.float32], known: float) -> npt.NDArray[np.float64]:
    """What speaks for a query, float64 [3]: best log-odds, lead over the median candidate, share of known words.

    `score` float32 [C] are the candidates' scores, best first.
    """
    odds = log_odds(score)
    best, middle = (float(odds[0]), float(odds[len(odds) // 2])) if len(odds) else (float(log_odds(0)), 0.0)
    return np.array([best, best - middle if len(odds) else 0.0, known])


def known_share(query: str, *vocabularies: Container[str]) -> float:
    """Share of the query's words that a vocabulary has; 0 for a query of no words."""
    words = keys_of(query)
    return sum(any(word in one for one in vocabularies) for word in words) / max(len(words), 1)


class Background(BaseModel):
    """Log-odds of the score over random pairs of a query and a product: their mean and standard deviation."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    mean: float = 0.0
    std: PositiveFloat = 1.0


class Confidence(BaseModel):
    """What was measured on one search model. The default trusts every query and leaves scores as they are."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Background = Background()
    """Of scores of text queries."""
    image: Background = Background()
    """Of scores of pictures."""
    weights: tuple[float, float, float] = (0.0, 0.0, 0.0)
    """Of the three kinds of `evidence`."""
    threshold: float = 0.0
    """A query whose weighted evidence is less is junk."""
    words: frozenset[str] = frozenset()
    """Words of earlier queries that the catalogue does not have."""

    @field_serializer("words")
    def _in_order(self, words: frozenset[str]) -> list[str]:
        return sorted(words)

    def comparable(self, score: npt.ArrayLike, image_share: float = 0.0) -> npt.NDArray[np.float64]:
        """Scores of any shape in standard deviations above a random pair of this catalogue.

        `image_share` in [0, 1] is the picture's share of the question: 0 for words, 1 for a picture alone.
        """
        mean = (1 - image_share) * self.text.mean + image_share * self.image.mean
        std = (1 - image_share) * self.text.std + image_share * self.image.std
        return (log_odds(score) - mean) / std

    def is_junk(self, query: str, score: npt.NDArray[np.float32], vocabulary: Container[str]) -> bool:
        """Whether a query with candidates of these scores, best first, seems to be no words at all.

        `vocabulary` has the catalogue's words.
        """
        known = known_share(query, vocabulary, self.words)
        return float(evidence(score, known) @ np.array(self.weights)) < self.threshold
