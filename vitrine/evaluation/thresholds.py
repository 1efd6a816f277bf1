"""Thresholds that a search model must reach to be blessed.

Each is a margin relative to another result on the same queries. Where that result leaves no room for the margin, or the
data gives it no meaning, the threshold is not applied, and a sentence says why: a refusal can always be met by a better
model. Judgements that rules derive from the catalogue give the margin above BM25 no meaning. The exception is a margin
of 1 or more, which refuses every model, as some do to measure without pushing.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from math import isnan
from typing import Final, Literal

from pydantic import Field

from vitrine.data.contract.judges import DERIVED
from vitrine.evaluation.metrics_file import Counts, Difference, Evaluation, PoolFigures, Retrieval, ServedFigures
from vitrine.settings import Section

FEWEST_QUERIES: Final = 6
"""Queries below which no difference can be told from noise: if all of n queries differ in one direction, the
randomisation test's p-value is 2 / 2^n, which is below 0.05 from six on."""
_WHOLE_RANGE: Final = 1.0
"""The largest difference of two values of nDCG."""
_ROUNDING: Final = 1e-9

Finding = tuple[Literal["refused", "not_applied"], str]


class RetrievalThresholds(Section):
    """Margins on nDCG@10, each relative to a result on the same queries."""

    above_random: float = Field(default=0.02, description="margin above the expected random order of the judged pools")
    above_similarity: float = Field(
        default=-0.01, description="margin above similarity alone on the judged pools; negative tolerates noise"
    )
    above_bm25: float = Field(
        default=0.0,
        description="margin above BM25 over the whole catalogue, missed if the difference's 95% interval is below it",
    )
    tolerance: float = Field(
        default=0.01,
        ge=0,
        description="margin by which the difference's 95% interval may be below the served version's, likewise",
    )


@dataclass(frozen=True)
class Verdict:
    """A sentence for each threshold that was missed, and for each that was not applied."""

    refused: list[str]
    not_applied: list[str]


def verdict(metrics: Evaluation, thresholds: RetrievalThresholds) -> Verdict:
    """Apply the thresholds to the measured `ranking` and `retrieval`."""
    findings = [
        *_pool_findings(metrics, thresholds),
        *_bm25_findings(metrics["retrieval"], thresholds.above_bm25, metrics.get("counts")),
        *served_findings(metrics["retrieval"]["served"], thresholds.tolerance),
    ]
    return Verdict(
        refused=[sentence for kind, sentence in findings if kind == "refused"],
        not_applied=[sentence for kind, sentence in findings if kind == "not_applied"],
    )


def missing_comparison(queries: int, ideal: float) -> str | None:
    """Return why searches with this many `queries`, of which the best has nDCG@10 `ideal`, cannot be compared."""
    if isnan(ideal) or queries == 0:
        return "there is no held-out query"
    if ideal == 0:
        return "no held-out query has a relevant product"
    if queries < FEWEST_QUERIES:
        number = "one held-out query is" if queries == 1 else f"{queries} held-out queries are"
        return f"{number} too few to tell a difference from noise, which takes {FEWEST_QUERIES}"
    return None


def indistinct(pools: PoolFigures) -> str | None:
    """Return why the order of the judged pools cannot tell one model from another; None if it can."""
    if pools["queries"] == 0:
        return "there is no held-out query"
    if pools["with_two_products"] == 0:
        return "no held-out query has two judged products, so there is nothing to order"
    if pools["with_different_labels"] == 0:
        return "no held-out query has products with different labels, so every order of its judged products is as good"
    if pools["with_different_labels"] == 1:
        return "a single held-out query has products with different labels, which is too few to tell from chance"
    return None


def _pool_findings(metrics: Evaluation, thresholds: RetrievalThresholds) -> Iterator[Finding]:
    """Compare the order of the judged pools with random order and with similarity alone."""
    ranking = {name: row["ndcg@10"]["value"] for name, row in metrics["ranking"].items()}
    reached, ideal = ranking["search_model"], metrics["pools"]["ideal_ndcg@10"]
    same_order = indistinct(metrics["pools"])
    margins = {"random order": (ranking["random"], thresholds.above_random),
               "similarity alone": (ranking["similarity"], thresholds.above_similarity)}  # fmt: skip
    for name, (other, margin) in margins.items():
        bound = other + margin
        if margin < _WHOLE_RANGE and (reason := same_order or _no_room(name, other, margin, ideal)):
            yield "not_applied", f"the margin {margin:+.4f} of nDCG@10 above {name}: {reason}"
        elif not reached >= bound:  # NaN is refused
            yield "refused", f"nDCG@10 {reached:.4f} is below the {bound:.4f} that {name} and its margin require"


def _no_room(name: str, other: float, margin: float, ideal: float) -> str | None:
    if isnan(other):
        return f"{name} has no value"
    if other + margin > ideal + _ROUNDING:
        return f"{name} already reaches {other:.4f}, and no ranking can exceed {ideal:.4f}"
    return None


def _bm25_findings(retrieval: Retrieval, margin: float, counts: Counts | None) -> Iterator[Finding]:
    """Compare searches of the whole catalogue with BM25's."""
    difference, ideal = retrieval["against"]["bm25"], retrieval["ideal_ndcg@10"]
    other = retrieval["bm25"]["ndcg@10"]["value"]
    reason = (
        missing_comparison(retrieval["queries"], ideal) or _derived(counts) or _no_room("BM25", other, margin, ideal)
    )
    if margin < _WHOLE_RANGE and reason:
        yield "not_applied", f"the margin {margin:+.4f} of nDCG@10 above BM25 over the whole catalogue: {reason}"
    elif not difference["high"] >= margin:
        condensed, unjudged = retrieval["condensed"]["against"]["bm25"], retrieval["unjudged@10"]
        sentence = (
            f"nDCG@10 over the whole catalogue is {_signed(difference)} against BM25, beyond noise below the required "
            f"{margin:+.4f}; without unjudged products, which are {unjudged['search_model']:.0%} of the search model's "
            f"first ten and {unjudged['bm25']:.0%} of BM25's, it is {_signed(condensed)}"
        )
        yield "refused", sentence


def _derived(counts: Counts | None) -> str | None:
    """Return why a comparison with BM25 has no meaning, if most held-out judgements are derived."""
    judges = counts.get("judged_by", {}) if counts else {}
    derived, total = judges.get(DERIVED, 0), sum(judges.values())
    if 2 * derived <= total:
        return None
    return (
        f"{derived / total:.0%} of the held-out judgements are derived by rules from the catalogue's own words, which "
        "BM25 matches by construction"
    )


def served_findings(served: ServedFigures, tolerance: float) -> Iterator[Finding]:
    """Compare searches of the whole catalogue with those of the served version."""
    reason = served.get("not_compared")
    if reason is None:
        ideal = served["ideal_ndcg@10"]
        reason = missing_comparison(served["queries"], ideal)
    if reason:
        yield "not_applied", f"the tolerance {tolerance:.4f} of nDCG@10 below the served version: {reason}"
    elif not served["difference"]["high"] >= -tolerance:
        sentence = (
            f"nDCG@10 over the whole catalogue is {_signed(served['difference'])} against the served version "
            f"{served['version']}, beyond noise below the allowed {-tolerance:+.4f}"
        )
        yield "refused", sentence


def _signed(difference: Difference) -> str:
    return f"{difference['value']:+.4f} [{difference['low']:+.4f}, {difference['high']:+.4f}]"
