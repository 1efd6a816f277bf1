"""The figures of a fine-tuning, as its file has them. Imports nothing heavy."""

from typing import Final, Literal, TypedDict

from vitrine.metrics.figures import Interval, RankingFigures

FILE: Final = "tuning.json"
ORIGINAL, GOES_ON = "original", "goes_on"
"""Fields of the file that the lineage has as properties of the encoder."""


class TunedDifference(Interval):
    """The difference of the metric, tuned − original, with its interval and its p-value."""

    p_value: float


class ComparedFigures(TypedDict):
    """The figures of both encoders on held-out queries of the train split, or on held-out products.

    `metric` is the one that decides, nDCG of queries or the mean reciprocal rank of products. `share` is that of the
    tuned weights in the mean with the original ones, and `epoch` the one that they are from.
    """

    metric: str
    queries: int
    products: int
    baseline: RankingFigures
    tuned: RankingFigures
    difference: TunedDifference
    share: float
    epoch: int


class TuningFigures(ComparedFigures):
    """The figures of a tuning, and which of the two encoders goes on.

    `further` has those on held-out products of a tuning on products and on judgements, and is None for others.
    `original` is the fingerprint of the original encoder.
    """

    further: ComparedFigures | None
    original: str
    goes_on: Literal["tuned", "original"]
