"""The outcome of a fine-tuning, and its file beside the encoder."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.metrics.bootstrap import Comparison, estimate
from vitrine.tuning.figures import FILE, TuningFigures
from vitrine.tuning.validation import NDCG, Values


@dataclass(frozen=True)
class Tuned:
    """The outcome of a fine-tuning.

    `checkpoint` is the tuned one if it is better, else the original. `baseline` and `tuned` are the metrics, float64
    [Q] each, on queries that chose nothing and searched `products`; `difference` compares their nDCG. `share` is that
    of the tuned weights in the mean with the original ones, and `epoch` the one that they are from, 0 if no epoch was
    better.
    """

    checkpoint: Checkpoint
    products: int
    baseline: Values
    tuned: Values
    difference: Comparison
    share: float
    epoch: int

    @property
    def is_better(self) -> bool:
        """True if the tuned encoder goes on: the interval of the difference is above 0."""
        return self.difference.difference.low > 0

    def or_original(self, source: Checkpoint) -> "Tuned":
        """Return this outcome with the original checkpoint if the tuned one is not better."""
        return self if self.is_better else dataclasses.replace(self, checkpoint=source)


def write_outcome(directory: Path, tuned: Tuned) -> str:
    """Write the figures of both encoders to `tuning.json`, and return them in a sentence."""
    figures: TuningFigures = {
        "queries": len(tuned.baseline[NDCG]),
        "products": tuned.products,
        "baseline": {name: estimate(values).to_dict() for name, values in tuned.baseline.items()},
        "tuned": {name: estimate(values).to_dict() for name, values in tuned.tuned.items()},
        "difference": {**tuned.difference.difference.to_dict(), "p_value": tuned.difference.p_value},
        "share": tuned.share,
        "epoch": tuned.epoch,
        "goes_on": "tuned" if tuned.is_better else "original",
    }
    directory.mkdir(parents=True, exist_ok=True)
    (directory / FILE).write_text(json.dumps(figures, indent=2) + "\n")
    before, after = tuned.baseline[NDCG].mean(), tuned.tuned[NDCG].mean()
    difference = tuned.difference.difference
    kept = "the tuned encoder goes on" if tuned.is_better else "the original encoder goes on"
    return (
        f"{NDCG} of {figures['queries']} held-out queries {before:.4f} before and {after:.4f} after tuning, difference "
        f"{difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]: {kept}"
    )
