"""The report of a run, compiled from ML Metadata and the artifacts."""

import json
from collections.abc import Mapping
from pathlib import Path

from components.drift_gate import FINDINGS
from components.embedding_gen.executor import UNDECODABLE_FILE
from components.moved_queries import read_moves
from pipelines.kinds import kind_of
from pipelines.metadata.pushes import pushed_models
from pipelines.metadata.records import NodeRecord, latest_run
from pipelines.peak_memory import read_peaks
from pipelines.report_encoders import add_table
from pipelines.report_json import REPORT_JSON, REPORT_MARKDOWN, EncoderFigures, Report
from pipelines.report_markdown import as_markdown
from pipelines.run_directory import RunDirectory
from pipelines.run_metrics import headline
from vitrine.categories.figures import CONFUSED, CategoryFigures
from vitrine.categories.figures import FILE as CATEGORIES
from vitrine.data.contract.judges import caveat
from vitrine.data.contract.moved_queries import MoveJson
from vitrine.evaluation.metrics_file import Evaluation, read_evaluation
from vitrine.evaluation.standing import standing_to_bm25
from vitrine.files.replacing import write_text
from vitrine.tuning.figures import FILE as TUNING

METRICS_JSON = "metrics.json"
"""The figures of the report by which runs are compared."""
REPORT_FILES = (REPORT_JSON, REPORT_MARKDOWN, METRICS_JSON)


def write_report(directory: RunDirectory, name: str, error: str | None = None) -> Report:
    """Write `report.json`, `report.md` and `metrics.json` of the latest run, and return the first.

    `status` is `pushed`, `refused` or `failed`; `error` is the reason of a failure.
    """
    report = collect(latest_run(directory.metadata), name, error, read_peaks(directory.memory), directory.benchmark)
    for file, text in (
        (REPORT_JSON, json.dumps(report, indent=2, ensure_ascii=False) + "\n"),
        (REPORT_MARKDOWN, as_markdown(report)),
        (METRICS_JSON, json.dumps(headline(report), indent=2) + "\n"),
    ):
        write_text(directory.output / file, text)
    return report


def collect(
    nodes: dict[str, NodeRecord], name: str, error: str | None, peaks: Mapping[str, int], tables: Path | None = None
) -> Report:
    """Return the report of one run's nodes, with their `peaks` of memory in MiB.

    `tables` is the folder of a table of encoders, which is left out unless the encoder of the run is in it.
    """
    evaluation = _evaluation(nodes)
    retrieval = evaluation.get("retrieval")
    standing, summary = (retrieval and standing_to_bm25(retrieval)) or (None, None)
    if summary and (judges := caveat(evaluation["counts"].get("judged_by", {}))):
        summary = f"{summary}, {judges}"
    return {
        "name": name,
        "kind": kind_of(nodes),
        "status": "failed" if error is not None else "refused" if evaluation.get("refused") else "pushed",
        "error": error,
        "standing": standing,
        "summary": summary,
        **evaluation,
        "encoder": _encoder(nodes, tables),
        "categories": _categories(nodes),
        "drift": _drift(nodes),
        "moved": _moved(nodes),
        "seconds": {node.name: round(node.seconds, 2) for node in nodes.values()},
        "states": {node.name: node.state for node in nodes.values()},
        "pushed": pushed_models(nodes),
        "peak_mib": {node: peak for node, peak in peaks.items() if node in nodes},
    }


def _evaluation(nodes: dict[str, NodeRecord]) -> Evaluation:
    node = nodes.get("RetrievalEvaluator")
    evaluation = node.output("evaluation") if node else None
    if evaluation is None:
        return {}
    return read_evaluation(Path(evaluation.uri))


def _drift(nodes: dict[str, NodeRecord]) -> list[str]:
    node = nodes.get("DriftGate")
    findings = node.output("findings") if node else None
    if findings is None:
        return []
    found: list[str] = json.loads(Path(findings.uri, FINDINGS).read_text(encoding="utf-8"))
    return found


def _moved(nodes: dict[str, NodeRecord]) -> list[MoveJson]:
    node = nodes.get("JudgementExampleGen")
    examples = node.output("examples") if node else None
    return read_moves(examples.uri) if examples else []


def _categories(nodes: dict[str, NodeRecord]) -> CategoryFigures | None:
    node = nodes.get("CategoryTrainer")
    training = node.output("model_run") if node else None
    if training is None or not Path(training.uri, CATEGORIES).is_file():
        return None
    figures: CategoryFigures = json.loads(Path(training.uri, CATEGORIES).read_text(encoding="utf-8"))
    figures["directory"] = training.uri
    if (pictures := Path(training.uri, CONFUSED)).is_file():
        figures["confused"] = str(pictures)
    return figures


def _encoder(nodes: dict[str, NodeRecord], tables: Path | None) -> EncoderFigures:
    node = nodes.get("EmbeddingGen")
    products = node.output("product_embeddings") if node else None
    if products is None:
        return {}
    undecodable = json.loads(Path(products.uri, UNDECODABLE_FILE).read_text(encoding="utf-8"))
    figures: EncoderFigures = {
        "fingerprint": products.properties.get("fingerprint"),
        "dimension": products.properties.get("dimension"),
        "undecodable_images": undecodable,
    }
    trainer = nodes.get("ClipTrainer")
    training = trainer.output("model_run") if trainer else None
    if training and Path(training.uri, TUNING).is_file():
        figures["tuning"] = json.loads(Path(training.uri, TUNING).read_text(encoding="utf-8"))
    if tables:
        add_table(figures, tables)
    return figures
