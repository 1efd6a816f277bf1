"""The prior of a probability, which keeps pairs with few impressions near the mean."""

from dataclasses import dataclass

import numpy as np

from vitrine.clicks.models.sessions import Floats

TINY = 1e-9


@dataclass(frozen=True)
class Prior:
    """A Beta distribution with the mode `mean` and the weight of `strength` observations.

    Its parameters are `1 + strength·mean` and `1 + strength·(1 − mean)`, so that the most probable value after `n`
    observations with `k` successes is `(k + strength·mean) / (n + strength)`.
    """

    mean: float
    strength: float

    def estimate(self, successes: Floats, observations: Floats) -> Floats:
        """Return the most probable values, inside (0, 1)."""
        values = (successes + self.strength * self.mean) / (observations + self.strength)
        return np.clip(values, TINY, 1 - TINY)

    def log_density(self, values: Floats) -> float:
        """Return the logarithm of the density of independent values, without its constant."""
        return float(self.strength * (self.mean * np.log(values) + (1 - self.mean) * np.log1p(-values)).sum())
