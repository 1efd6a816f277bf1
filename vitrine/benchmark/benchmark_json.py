"""The structure of `benchmark.json`. Imports nothing heavy."""

from typing import Final, NotRequired, TypedDict

from vitrine.metrics.figures import ClassificationFigures, Interval, RankingFigures

DEPTH: Final = 10
"""The first products of a ranking of the whole catalogue, of which the share of unjudged ones is a figure."""
UNJUDGED: Final = f"unjudged@{DEPTH}"


class Counts(TypedDict):
    """Products, and queries and judgements by split."""

    products: int
    queries: dict[str, int]
    judgements: dict[str, int]


class Compared(TypedDict):
    """The difference in nDCG@10 of two rankings, first − second, and its p-value."""

    first: str
    second: str
    difference: Interval
    p_value: float


Slice = TypedDict("Slice", {"queries": int, "ndcg@10": dict[str, Interval]})
"""The number of a slice's queries, and nDCG@10 of each ranking."""


class Rankings(TypedDict):
    """The metrics of each ranking of the judged pools, all pairs of rankings, and the slices of the queries."""

    pools: dict[str, RankingFigures]
    compared: list[Compared]
    slices: dict[str, Slice]


CatalogueFigures = dict[str, Interval | float]
"""The metrics of a ranking of the whole catalogue, and the share of unjudged products, `UNJUDGED`."""


class Substitutes(TypedDict):
    """F1 of the substitutes, and micro-F1 of separating them from the rest."""

    f1: float
    micro_f1: float


class LabelFigures(ClassificationFigures):
    """Metrics of predicting the label (Task 2 of the dataset's paper), and substitutes (Task 3)."""

    task_3: Substitutes


class Chosen(TypedDict):
    """The weights chosen on the train split; `blend` is the pair model's share of each re-ranked ranking's score."""

    text_weight: float
    dense_share: float
    blend: dict[str, float]


class Figures(TypedDict):
    """All figures by ranking. `published` has nDCG with the published script's gains, if requested."""

    data: str
    counts: Counts
    rankings: Rankings
    catalogue: dict[str, CatalogueFigures]
    labels: dict[str, LabelFigures]
    chosen: Chosen
    published: NotRequired[dict[str, RankingFigures]]


class Benchmark(Figures):
    """The figures of a run's benchmark, with the run's name and the benchmark's duration."""

    name: str
    seconds: float
