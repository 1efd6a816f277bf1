"""Materialization: rows of feature views put into the online store, and the record of a whole registration there."""

from datetime import datetime, timedelta
from typing import Any, Final

import pyarrow as pa

from vitrine.features import views
from vitrine.features.offline import stamped
from vitrine.files.mapped_pages import release_pages

BATCH: Final = 2048
"""Rows that are converted and written together: 2,048 vectors of 768 numbers are some 50 MB as Feast's values."""
MOMENT: Final = timedelta(seconds=1)


def materialize(store: Any, view: str, rows: pa.Table, now: datetime) -> None:
    """Write rows of a view, as of `now`, to the online store.

    `FeatureStore.materialize` would do so too, but it reads all offline files and converts a whole view at once:
    177,519 rows of 768 numbers took 11 GB. The registry records the same interval.

    Args:
        store: A `feast.FeatureStore` to which the view has been applied.
        view: The name of the view.
        rows: Its rows without their event time.
        now: The rows' event time, with a time zone.
    """
    for batch in rows.to_batches(BATCH):
        store.write_to_online_store(view, stamped(pa.Table.from_batches([batch]), now).to_pandas())
        release_pages()
    store.registry.apply_materialization(store.get_feature_view(view), store.project, now - MOMENT, now + MOMENT)


def read_completed(store: Any) -> str | None:
    """Return the event time of the registration that the online store has in whole, or None."""
    reference = f"{views.REGISTRATION}:{views.COMPLETED}"
    answer = store.get_online_features(features=[reference], entity_rows=[{views.PROJECT: store.project}]).to_dict()
    completed: str | None = answer[views.COMPLETED][0]
    return completed
