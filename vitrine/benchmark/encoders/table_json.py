"""The structure of `encoders.json`. Imports nothing heavy."""

from typing import Final, NotRequired, TypedDict

from vitrine.metrics.figures import Interval

FILE: Final = "encoders.json"
ALL: Final = "all"
"""The slice of all queries of a task."""
WITH_EXACT: Final = "with an E"
"""The slice of the queries with an exact product; like `ALL`, it has all metrics."""
SEARCH, TITLES, TO_IMAGE, TO_TEXT = "query_to_product", "title_to_product", "text_to_image", "image_to_text"
METRICS: Final = {
    SEARCH: ("ndcg@10", "recall@10", "recall@100"),
    TO_IMAGE: ("recall@1", "recall@5", "recall@10", "mrr"),
    TO_TEXT: ("recall@1", "recall@5", "recall@10", "mrr"),
    TITLES: ("recall@5", "mrr"),
}
"""The metrics of each task."""
MAIN: Final = {SEARCH: "ndcg@10", TO_IMAGE: "recall@1", TO_TEXT: "recall@1", TITLES: "mrr"}
"""The metric of each task that is measured in slices."""


class ComparedEncoder(TypedDict):
    """An encoder of the table. `same_as` names one with equal weights, whose figures it shares."""

    source: str
    kind: str
    dimension: int
    fingerprint: str
    encodes_images: bool
    same_as: NotRequired[str]


class PairedDifference(Interval):
    """The difference to the first encoder of the task, with its interval and its p-value."""

    p_value: float


class EncoderFigure(Interval):
    """A metric of one encoder; `difference` is left out of the first one of the task."""

    difference: NotRequired[PairedDifference]


class TaskSlice(TypedDict):
    """Some queries of a task: their number, and each metric of each encoder, by its source."""

    queries: int
    metrics: dict[str, dict[str, EncoderFigure]]


class TaskFigures(TypedDict):
    """A task: the number of the texts or images that are searched, and the slices of its queries, `ALL` first."""

    candidates: int
    slices: dict[str, TaskSlice]


class TableCounts(TypedDict):
    """Counts of the data; `held_out` products are those of the validation and test splits."""

    products: int
    held_out: int
    head_categories: int
    tail_categories: int


class EncoderFigures(TypedDict):
    """The figures of all encoders, by task."""

    data: str
    text_fields: list[str]
    counts: TableCounts
    encoders: list[ComparedEncoder]
    tasks: dict[str, TaskFigures]


class EncoderTable(EncoderFigures):
    """The figures with the run's name, and their duration."""

    name: str
    seconds: float
