"""The outcome of a fine-tuning, and its file beside the encoder."""

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.metrics.bootstrap import Comparison, estimate
from vitrine.tuning.figures import FILE, ComparedFigures, TuningFigures
from vitrine.tuning.validation import NDCG, Values


@dataclass(frozen=True)
class Tuned:
    """The outcome of a fine-tuning.

    `checkpoint` is the tuned one if it is better, else the original. `baseline` and `tuned` are the metrics, float64
    [Q] each, on queries that chose nothing and searched `products`; `difference` compares their `metric`. `share` is
    that of the tuned weights in the mean with the original ones, and `epoch` the one that they are from, 0 if no epoch
    was better. Of a contrastive training, the queries are the held-out products themselves; of one on both, `further`
    has their figures. `original` is the fingerprint of the original encoder.
    """

    checkpoint: Checkpoint
    products: int
    baseline: Values
    tuned: Values
    difference: Comparison
    share: float
    epoch: int
    metric: str = NDCG
    further: "Tuned | None" = None
    original: str = ""

    @property
    def is_better(self) -> bool:
        """True if the tuned encoder goes on: the interval of a difference is above 0, and none is below it."""
        all_of_them = [self, *([self.further] if self.further else [])]
        differences = [each.difference.difference for each in all_of_them]
        return any(each.low > 0 for each in differences) and all(each.high >= 0 for each in differences)

    def or_original(self, source: Checkpoint) -> "Tuned":
        """Return this outcome with the original checkpoint if the tuned one is not better."""
        return self if self.is_better else dataclasses.replace(self, checkpoint=source)


def write_outcome(directory: Path, tuned: Tuned) -> str:
    """Write the figures of both encoders to `tuning.json`, and return them in a sentence."""
    goes_on: Literal["tuned", "original"] = "tuned" if tuned.is_better else "original"
    further = _compared(tuned.further) if tuned.further else None
    figures: TuningFigures = {
        **_compared(tuned),
        "further": further,
        "original": tuned.original,
        "goes_on": goes_on,
    }
    directory.mkdir(parents=True, exist_ok=True)
    (directory / FILE).write_text(json.dumps(figures, indent=2) + "\n")
    sentences = [_sentence(each) for each in (tuned, tuned.further) if each]
    return f"{'; '.join(sentences)}: the {figures['goes_on']} encoder goes on"


def _compared(tuned: Tuned) -> ComparedFigures:
    return {
        "metric": tuned.metric,
        "queries": len(tuned.baseline[tuned.metric]),
        "products": tuned.products,
        "baseline": {name: estimate(values).to_dict() for name, values in tuned.baseline.items()},
        "tuned": {name: estimate(values).to_dict() for name, values in tuned.tuned.items()},
        "difference": {**tuned.difference.difference.to_dict(), "p_value": tuned.difference.p_value},
        "share": tuned.share,
        "epoch": tuned.epoch,
    }


def _sentence(tuned: Tuned) -> str:
    values = tuned.baseline[tuned.metric]
    before, after, difference = values.mean(), tuned.tuned[tuned.metric].mean(), tuned.difference.difference
    held_out = "queries" if tuned.metric == NDCG else "products"
    return (
        f"{tuned.metric} of {len(values)} held-out {held_out} {before:.4f} before and {after:.4f} after tuning, "
        f"difference {difference.value:+.4f} [{difference.low:+.4f}, {difference.high:+.4f}]"
    )
