"""The metrics by which runs are compared."""

from typing import Any


def headline(metrics: dict[str, Any]) -> dict[str, float]:
    """Return the figures by which runs are compared; none for a run without metrics."""
    if "ranking" not in metrics:
        return {}
    figures = {f"{name}_ndcg@10": ranking["ndcg@10"]["value"] for name, ranking in metrics["ranking"].items()}
    figures |= {name: metrics["classifier"][name] for name in ("accuracy", "macro_f1", "kappa")}
    if "image_search" in metrics:
        figures["image_category_precision@5"] = metrics["image_search"]["category_precision@5"]["value"]
    return figures
