"""Thresholds that a search model must reach to be blessed."""

from pydantic import Field

from vitrine.evaluation.metrics_file import Evaluation
from vitrine.settings import Section


class RetrievalThresholds(Section):
    """Margins on the judged pools' nDCG@10, each relative to a result on the same queries."""

    above_random: float = Field(default=0.02, description="margin above the expected random order")
    above_similarity: float = Field(
        default=-0.01, description="margin above similarity alone; negative tolerates noise"
    )


def refusals(metrics: Evaluation, thresholds: RetrievalThresholds) -> list[str]:
    """Return a sentence for each threshold that the measured `ranking` misses."""
    ranking = {name: row["ndcg@10"]["value"] for name, row in metrics["ranking"].items()}
    reached = ranking["search_model"]
    bounds = {"random order": ranking["random"] + thresholds.above_random,
              "similarity alone": ranking["similarity"] + thresholds.above_similarity}  # fmt: skip
    return [
        f"nDCG@10 {reached:.4f} is below the {bound:.4f} that {name} and its margin require"
        for name, bound in bounds.items()
        if not reached >= bound  # NaN is refused
    ]
