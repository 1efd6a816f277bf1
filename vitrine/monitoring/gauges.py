"""Gauges of a window in Prometheus' text format, for node_exporter's textfile collector."""

from pathlib import Path
from typing import Final

from prometheus_client import CollectorRegistry, Gauge, write_to_textfile

from vitrine.monitoring.result import Kind, MonitoringResult
from vitrine.monitoring.window import time_of

KINDS: Final[tuple[Kind, ...]] = ("queries", "vectors", "training", "quality", "latency", "catalogue")


def write_gauges(result: MonitoringResult, path: Path) -> None:
    """Write the gauges of a window to a file, atomically; the name must end in `.prom` to be collected."""
    registry = CollectorRegistry()

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"vitrine_monitor_{name}", text, labels, registry=registry)

    gauge("window_end_seconds", "End of the window, in seconds since 1970.").set(time_of(result.current.until))
    gauge("searches", "Searches of the window.").set(result.current.searches)
    gauge("users", "Identified users of the window.").set(result.current.users)
    gauge("drifted", "1 if the searches have drifted.").set(result.verdict.drifted)
    alerts = gauge("alerts", "Reasons for an alert.", "kind")
    for kind in KINDS:
        alerts.labels(kind).set(sum(reason.kind == kind for reason in result.verdict.reasons))
    share = gauge("share", "Share of the searches.", "measure")
    for measure, value in result.current.shares.items():
        share.labels(measure).set(value)
    if result.current.unknown_words is not None:
        share.labels("unknown_words").set(result.current.unknown_words)
    p_value = gauge("column_p_value", "p-value of a column's drift, corrected by Holm.", "column")
    distance = gauge("column_distance", "Distance of a column's distributions, 0 to 1.", "column")
    for column in result.columns:
        p_value.labels(column.column).set(column.p_corrected)
        distance.labels(column.column).set(column.distance)
    separability = gauge("vectors_separability", "Area under ROC of telling query vectors apart.", "reference")
    vectors_p = gauge("vectors_p_value", "p-value of the distance of query vectors.", "reference")
    for name, found in (("window", result.vectors), ("training", result.training)):
        if found:
            separability.labels(name).set(found.separability)
            vectors_p.labels(name).set(found.p_value)
    quality = gauge("ndcg_at_10", "nDCG@10 of judged searches.", "results")
    if result.quality:
        quality.labels("shown").set(result.quality.shown.value)
        quality.labels("served").set(result.quality.served.value)
    latency = gauge("latency_seconds", "Latency of searches.", "route", "catalogue", "version", "quantile")
    for group in result.current.latency:
        for quantile, milliseconds in (("0.5", group.p50_ms), ("0.95", group.p95_ms), ("0.99", group.p99_ms)):
            latency.labels(group.route, group.catalogue, str(group.version), quantile).set(milliseconds / 1000)
    unknown = gauge("unknown_products_share", "Share of shown products that the served catalogue lacks.")
    unknown.set(result.products.unknown_share if result.products.unknown_share is not None else float("nan"))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_to_textfile(str(path), registry)
