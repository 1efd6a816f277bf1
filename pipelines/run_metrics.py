"""The metrics of RetrievalEvaluator, and those by which runs are compared."""

import json
from pathlib import Path
from typing import Any

from vitrine.evaluation.report_files import METRICS_FILE


def read_metrics(evaluation: Path) -> dict[str, Any]:
    """Return the metrics in the artifact at `evaluation`. Raises OSError if there are none."""
    metrics: dict[str, Any] = json.loads((evaluation / METRICS_FILE).read_text(encoding="utf-8"))
    return metrics


def headline(metrics: dict[str, Any]) -> dict[str, float]:
    """Return the figures by which runs are compared; none for a run without metrics."""
    if "ranking" not in metrics:
        return {}
    figures = {f"{name}_ndcg@10": ranking["ndcg@10"]["value"] for name, ranking in metrics["ranking"].items()}
    figures |= {name: metrics["classifier"][name] for name in ("accuracy", "macro_f1", "kappa")}
    if "image_search" in metrics:
        figures["image_category_precision@5"] = metrics["image_search"]["category_precision@5"]["value"]
    return figures
