"""The metrics by which runs are compared."""

from vitrine.evaluation.metrics_file import Evaluation


def headline(metrics: Evaluation) -> dict[str, float]:
    """Return the figures by which runs are compared; none for a run without metrics."""
    if "ranking" not in metrics:
        return {}
    figures = {f"{name}_ndcg@10": ranking["ndcg@10"]["value"] for name, ranking in metrics["ranking"].items()}
    if "retrieval" in metrics:
        retrieval = metrics["retrieval"]
        searches = {"bm25": retrieval["bm25"], "search_model": retrieval["search_model"]}
        figures |= {f"catalogue_{name}_ndcg@10": row["ndcg@10"]["value"] for name, row in searches.items()}
    classifier = metrics["classifier"]
    figures |= {"accuracy": classifier["accuracy"], "macro_f1": classifier["macro_f1"], "kappa": classifier["kappa"]}
    if "image_search" in metrics:
        figures["image_category_precision@5"] = metrics["image_search"]["category_precision@5"]["value"]
    return figures
