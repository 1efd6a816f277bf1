"""The reasons for alerts: significant differences that are as large as the thresholds of the settings."""

from collections.abc import Sequence

from vitrine.monitoring.column_drift import ColumnDrift
from vitrine.monitoring.result import Kind, Reason, Shown
from vitrine.monitoring.settings import MonitorSettings
from vitrine.monitoring.shown_quality import ShownQuality
from vitrine.monitoring.vector_drift import VectorDrift


def reasons(
    settings: MonitorSettings,
    columns: Sequence[ColumnDrift],
    vectors: VectorDrift | None,
    training: VectorDrift | None,
    quality: ShownQuality | None,
    products: Shown,
) -> list[Reason]:
    """Return the reasons for alerts, the most important kind first."""
    found = [*_quality(settings, quality), *_vectors("vectors", settings.separability, settings, vectors)]
    found += _vectors("training", settings.training_separability, settings, training)
    found += [_column(each) for each in columns if _raises(each, settings)]
    if products.unknown_share is not None and products.unknown_share > settings.unknown_products:
        message = f"{products.unknown_share:.1%} of the shown products are not in the served catalogue"
        found.append(Reason(kind="catalogue", subject="shown products", message=message))
    return found


def _raises(column: ColumnDrift, settings: MonitorSettings) -> bool:
    return column.p_corrected <= settings.alpha and column.distance >= settings.distance


def _column(column: ColumnDrift) -> Reason:
    kind: Kind = "latency" if column.column == "latency_ms" else "queries"
    name = column.column.replace("_", " ")
    message = f"{name}: distributions differ by {column.distance:.2f} of 1 ({_p(column.p_corrected)})"
    return Reason(kind=kind, subject=column.column, message=message)


def _vectors(kind: Kind, threshold: float, settings: MonitorSettings, found: VectorDrift | None) -> list[Reason]:
    if found is None or found.p_value > settings.alpha or not found.separability >= threshold:
        return []
    other = "the earlier ones" if kind == "vectors" else "the train queries"
    message = f"query vectors can be told from {other} (area under ROC {found.separability:.2f}, {_p(found.p_value)})"
    return [Reason(kind=kind, subject="query vectors", message=message)]


def _quality(settings: MonitorSettings, found: ShownQuality | None) -> list[Reason]:
    if found is None or found.queries < settings.min_queries or found.p_value > settings.alpha:
        return []
    if found.difference.value > -settings.quality_drop:
        return []
    message = (
        f"shown results have nDCG@10 {found.shown.value:.3f} where the served model has {found.served.value:.3f} "
        f"({_p(found.p_value)}, {found.queries} queries)"
    )
    return [Reason(kind="quality", subject="ndcg@10", message=message)]


def _p(value: float) -> str:
    return "p < .001" if value < 0.001 else f"p = {value:.3f}"
