"""The structure of metrics in reports. Imports nothing heavy."""

from typing import TypedDict


class Interval(TypedDict):
    """A mean over queries with its 95% interval."""

    value: float
    low: float
    high: float


RankingFigures = dict[str, Interval]
"""The mean of each ranking metric, by its name."""


class ClassFigures(TypedDict):
    """Metrics of one class, and its number of true rows."""

    precision: float
    recall: float
    f1: float
    support: int


class ClassificationFigures(TypedDict):
    """Metrics of a classification; see `vitrine.metrics.classification.Classification`."""

    accuracy: float
    macro_f1: float
    kappa: float
    per_class: dict[str, ClassFigures]
    confusion: list[list[int]]
