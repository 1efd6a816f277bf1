"""Settings of monitoring. Imports nothing heavy."""

from pydantic import Field, NonNegativeInt, PositiveInt

from vitrine.settings import Section
from vitrine.tracking.settings import TrackingSettings


class MonitorSettings(Section):
    """Thresholds, and the sizes of what is kept in memory.

    A difference raises an alert if it is significant and as large as its threshold: with enough searches, every
    difference is significant.
    """

    alpha: float = Field(0.01, gt=0, lt=1, description="probability of a false alarm of each group of tests")
    distance: float = Field(
        0.1,
        ge=0,
        le=1,
        description="distance of a column's two distributions, from 0 to 1, that raises an alert: Kolmogorov-Smirnov "
        "of numbers, total variation of categories",
    )
    separability: float = Field(
        0.6,
        ge=0.5,
        le=1,
        description="area under the ROC curve, with which a classifier tells the query vectors of two windows apart, "
        "that raises an alert",
    )
    training_separability: float = Field(
        0.8, ge=0.5, le=1, description="the same, of the window and of the train queries, which differ from the start"
    )
    quality_drop: float = Field(
        0.02, ge=0, description="nDCG@10 by which shown results are below the served model's that raises an alert"
    )
    unknown_products: float = Field(
        0.02, ge=0, le=1, description="share of shown products that the served catalogue lacks that raises an alert"
    )
    users: PositiveInt = Field(5_000, description="users whose searches are tested, one each, in a window")
    vectors: PositiveInt = Field(1_000, description="query vectors that are compared, of each window")
    permutations: PositiveInt = Field(999, description="permutations of the test of vectors")
    judged_per_day: PositiveInt = Field(200, description="searches of judged queries that are measured, of each day")
    min_queries: PositiveInt = Field(20, description="judged queries below which quality raises no alert")
    min_users: PositiveInt = Field(5, description="users of a query, in both windows, from which it may be rising")
    queries: PositiveInt = Field(200_000, description="distinct queries that are kept; of more, the most frequent")
    top: PositiveInt = Field(50, description="length of the lists of queries and words")
    seed: NonNegativeInt = 0
    tracking: TrackingSettings = TrackingSettings(experiment="vitrine-monitor")
