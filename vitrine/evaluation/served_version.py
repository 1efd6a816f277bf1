"""The served version of the search model, with which a new one is compared."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pyarrow import ArrowException, parquet

from vitrine import progress
from vitrine.data.columns import PRODUCT_ID
from vitrine.errors import DataError
from vitrine.evaluation.metrics_file import ServedFigures
from vitrine.evaluation.retrieval import HeldOutQueries, served_figures
from vitrine.metrics.condensed import Ranked
from vitrine.search.exported_model import ExportedModel
from vitrine.search.index_files import products_file

NO_SERVED_VERSION: Final = "no earlier version is served"


@dataclass(frozen=True)
class ServedVersion:
    """The newest blessed search model before the one to assess, as it was pushed: its version, model and index."""

    version: str
    model: Path
    index: Path


def compare_with_served(
    served: ServedVersion | None, queries: HeldOutQueries, ranked: Ranked, products: Collection[str]
) -> ServedFigures:
    """Compare a search model, by its results `ranked`, with the served version on the same queries.

    `products` are the ids of the present catalogue. No other model may be loaded: the served one needs its memory. A
    version that cannot be loaded any more is a reason not to compare, and none to keep it.
    """
    if served is None:
        return {"not_compared": NO_SERVED_VERSION}
    try:
        shared = set(product_ids(served.index)).intersection(products)
        progress.note(f"searching with the served version {served.version}")
        with ExportedModel(served.model) as model:
            results = queries.search(model)
    except DataError as error:
        return {"version": served.version, "not_compared": f"the served version {served.version} fails: {error}"}
    return {"version": served.version, **served_figures(queries.judged, ranked, results, shared)}


def product_ids(index: Path) -> list[str]:
    """Return the ids of the products of an index. Raises DataError if it cannot be read."""
    path = products_file(index)
    try:
        ids: list[str] = parquet.read_table(path, columns=[PRODUCT_ID])[PRODUCT_ID].to_pylist()
    except (OSError, ArrowException) as error:
        raise DataError(f"{path}: {str(error).splitlines()[0]}") from None
    return ids
