"""Two pushed versions of the search model, compared on several sets of held-out queries."""

from collections.abc import Mapping

import pyarrow as pa

from vitrine.errors import DataError
from vitrine.evaluation.metrics_file import ServedFigures
from vitrine.evaluation.retrieval import HeldOutQueries, served_figures
from vitrine.evaluation.served_version import ServedVersion, product_ids
from vitrine.search.exported_model import ExportedModel


def compare_versions(
    candidate: ServedVersion, served: ServedVersion, judgements: Mapping[str, pa.Table]
) -> dict[str, ServedFigures]:
    """Measure both versions over the products that both have; see `served_figures`. One model is loaded at a time.

    Args:
        candidate: The new version.
        served: The version that is served.
        judgements: Held-out judgements by name, with the columns of `columns.JUDGEMENTS`.

    Raises:
        DataError: A version cannot be loaded.
    """
    shared = set(product_ids(candidate.index)).intersection(product_ids(served.index))
    queries = {name: HeldOutQueries.sample(table) for name, table in judgements.items() if len(table)}
    found = {}
    for version in (candidate, served):
        try:
            with ExportedModel(version.model) as model:
                found[version.version] = {name: held_out.search(model) for name, held_out in queries.items()}
        except DataError as error:
            raise DataError(f"version {version.version} cannot be compared: {error}") from None
    figures: dict[str, ServedFigures] = {}
    for name in judgements:
        if name not in queries:
            figures[name] = {"version": served.version, "not_compared": "there are no held-out queries"}
            continue
        ranked, other = (found[version.version][name] for version in (candidate, served))
        figures[name] = {"version": served.version, **served_figures(queries[name].judged, ranked, other, shared)}
    return figures
