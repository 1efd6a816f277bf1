"""The figures of a fine-tuning, as its file has them. Imports nothing heavy."""

from typing import Final, Literal, TypedDict

from vitrine.metrics.figures import Interval, RankingFigures

FILE: Final = "tuning.json"


class TunedDifference(Interval):
    """The difference of nDCG, tuned − original, with its interval and its p-value."""

    p_value: float


class TuningFigures(TypedDict):
    """The figures of both encoders on held-out queries of the train split, and which of the two goes on.

    `share` is that of the tuned weights in the mean with the original ones, and `epoch` the one that they are from.
    """

    queries: int
    products: int
    baseline: RankingFigures
    tuned: RankingFigures
    difference: TunedDifference
    share: float
    epoch: int
    goes_on: Literal["tuned", "original"]
