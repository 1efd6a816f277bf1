"""The report of a run, compiled from ML Metadata and the artifacts."""

import json
from pathlib import Path
from typing import Any

from components.embedding_gen.executor import UNDECODABLE_FILE
from pipelines.metadata.pushes import pushed_models
from pipelines.metadata.records import NodeRecord, latest_run
from pipelines.peak_memory import read_peaks
from pipelines.report_markdown import as_markdown
from pipelines.run_directory import RunDirectory
from pipelines.run_metrics import headline
from vitrine.evaluation.metrics_file import read_metrics
from vitrine.files.replacing import write_text

REPORT_JSON, REPORT_MARKDOWN = "report.json", "report.md"
METRICS_JSON = "metrics.json"
"""The figures of the report by which runs are compared."""


def write_report(directory: RunDirectory, name: str, error: str | None = None) -> dict[str, Any]:
    """Write `report.json`, `report.md` and `metrics.json` of the latest run, and return the first.

    `status` is `pushed`, `refused` or `failed`; `error` is the reason of a failure.
    """
    report = collect(latest_run(directory.metadata), name, error)
    report["peak_mib"] = {node: peak for node, peak in read_peaks(directory.memory).items() if node in report["states"]}
    for file, text in (
        (REPORT_JSON, json.dumps(report, indent=2, ensure_ascii=False) + "\n"),
        (REPORT_MARKDOWN, as_markdown(report)),
        (METRICS_JSON, json.dumps(headline(report), indent=2) + "\n"),
    ):
        write_text(directory.output / file, text)
    return report


def collect(nodes: dict[str, NodeRecord], name: str, error: str | None) -> dict[str, Any]:
    """Return the report of one run's nodes."""
    report: dict[str, Any] = {"name": name, "status": "failed", "error": error}
    report |= _metrics(nodes)
    report["encoder"] = _encoder(nodes)
    report["seconds"] = {node.name: round(node.seconds, 2) for node in nodes.values()}
    report["states"] = {node.name: node.state for node in nodes.values()}
    report["pushed"] = pushed_models(nodes)
    if error is None:
        report["status"] = "refused" if report.get("refused") else "pushed"
    return report


def _metrics(nodes: dict[str, NodeRecord]) -> dict[str, Any]:
    node = nodes.get("RetrievalEvaluator")
    evaluation = node.output("evaluation") if node else None
    if evaluation is None:
        return {}
    return read_metrics(Path(evaluation.uri))


def _encoder(nodes: dict[str, NodeRecord]) -> dict[str, Any]:
    node = nodes.get("EmbeddingGen")
    products = node.output("product_embeddings") if node else None
    if products is None:
        return {}
    undecodable = json.loads(Path(products.uri, UNDECODABLE_FILE).read_text(encoding="utf-8"))
    return {key: products.properties.get(key) for key in ("fingerprint", "dimension")} | {
        "undecodable_images": undecodable
    }
