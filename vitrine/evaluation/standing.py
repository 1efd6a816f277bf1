"""The standing of a search model beside BM25 over the whole catalogue, in a sentence. Imports nothing heavy."""

from typing import Final

from vitrine.evaluation.metrics_file import Difference, Retrieval, Standing
from vitrine.evaluation.thresholds import missing_comparison

_WORDS: Final[dict[Standing, str]] = {
    "better": "better than BM25",
    "worse": "worse than BM25",
    "no difference": "no different from BM25, beyond noise,",
}


def standing_to(difference: Difference) -> Standing:
    """Return the result of a comparison by the 95% interval of its difference."""
    if difference["low"] > 0:
        return "better"
    return "worse" if difference["high"] < 0 else "no difference"


def standing_to_bm25(retrieval: Retrieval) -> tuple[Standing, str] | None:
    """Return the standing and a phrase that says it; None for evaluations of earlier versions, which lack it."""
    if "against" not in retrieval:
        return None
    values = (
        f"nDCG@10 {retrieval['search_model']['ndcg@10']['value']:.3f} against "
        f"{retrieval['bm25']['ndcg@10']['value']:.3f}"
    )
    if reason := missing_comparison(retrieval["queries"], retrieval["ideal_ndcg@10"]):
        return "not compared", f"not compared with BM25 over the whole catalogue ({values}): {reason}"
    difference = retrieval["against"]["bm25"]
    standing = standing_to(difference)
    return standing, (
        f"{_WORDS[standing]} over the whole catalogue ({values}, difference "
        f"{difference['value']:+.3f} [{difference['low']:+.3f}, {difference['high']:+.3f}])"
    )
