"""Materialization: the rows of an offline file of each feature view, put into the online store."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pyarrow.parquet as pq

from vitrine.features import views

BATCH: Final = 2048
"""Rows that are converted and written together: 2,048 vectors of 768 numbers are some 50 MB as Feast's values."""


def materialize(store: Any, directory: Path, now: datetime) -> None:
    """Write the newest offline file of every view, whose rows are as of `now`, to the online store.

    `FeatureStore.materialize` would do so too, but it converts a whole view at once: 177,519 rows of 768 numbers took
    11 GB. The registry records the same interval.

    Args:
        store: A `feast.FeatureStore` to which the views have been applied.
        directory: The feature store's directory.
        now: The rows' event time, with a time zone.
    """
    moment = timedelta(seconds=1)
    for view in store.list_feature_views():
        newest = max((directory / views.OFFLINE / view.name).glob("*.parquet"))
        for batch in pq.ParquetFile(newest).iter_batches(BATCH):
            store.write_to_online_store(view.name, batch.to_pandas())
        store.registry.apply_materialization(view, store.project, now - moment, now + moment)
