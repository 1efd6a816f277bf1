"""What RetrievalEvaluator measured, and the figures of it that runs are compared by."""

import json
from pathlib import Path
from typing import Any

from vitrine.evaluation.report_files import METRICS_FILE


def read_metrics(evaluation: Path) -> dict[str, Any]:
    """Return what lies in the artifact at `evaluation`. Raises OSError where nothing does."""
    metrics: dict[str, Any] = json.loads((evaluation / METRICS_FILE).read_text(encoding="utf-8"))
    return metrics


def headline(metrics: dict[str, Any]) -> dict[str, float]:
    """Return the figures that runs are compared by; none of a run that measured nothing."""
    if "ranking" not in metrics:
        return {}
    found = {f"{name}_ndcg@10": ranking["ndcg@10"]["value"] for name, ranking in metrics["ranking"].items()}
    found |= {name: metrics["classifier"][name] for name in ("accuracy", "macro_f1", "kappa")}
    if "image_search" in metrics:
        found["image_category_precision@5"] = metrics["image_search"]["category_precision@5"]["value"]
    return found
