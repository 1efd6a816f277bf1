"""A fitted click model: what all of them offer."""

from dataclasses import dataclass
from typing import Protocol

from vitrine.clicks.models.prior import Prior
from vitrine.clicks.models.sessions import Floats, Sessions


@dataclass(frozen=True)
class Evidence:
    """The evidence of a log about each of P pairs, under a model: weighted numbers, float64 [P].

    Attributes:
        examined: impressions that were examined, as the model expects.
        clicked: impressions that were clicked.
        satisfied: clicks that satisfied, as the model expects; None if the model says nothing about satisfaction.
        decided: clicks that the log can say it of.
    """

    examined: Floats
    clicked: Floats
    satisfied: Floats | None = None
    decided: Floats | None = None


class Fitted(Protocol):
    """A click model with its parameters."""

    @property
    def attraction(self) -> Floats:
        """The probability that a pair's product is clicked when it is examined, float64 [P]."""

    @property
    def prior(self) -> Prior:
        """The prior of `attraction`; its mean stands for pairs that the log had not."""

    @property
    def trace(self) -> list[float]:
        """The logarithm of the posterior density after each step, which never decreases."""

    @property
    def evidence(self) -> Evidence:
        """The evidence of the log about each pair."""

    def log_likelihood(self, sessions: Sessions) -> Floats:
        """Return the log-likelihood of each search's clicks, float64 [S]."""

    def click_probability(self, sessions: Sessions) -> Floats:
        """Return the probability of a click on each product before anything is clicked, float64 [L, S]; 0 below."""

    def parameters(self) -> dict[str, object]:
        """Return the parameters beside those of pairs, for the report."""
