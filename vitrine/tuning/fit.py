"""Fine-tuning on judgements, from a pretrained checkpoint to one that is better on held-out queries."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from vitrine import progress
from vitrine.data.contract.splits import position
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.settings import Precision
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.errors import DataError
from vitrine.metrics.bootstrap import Comparison, compare
from vitrine.tuning.batches import epoch_batches
from vitrine.tuning.judged_texts import JudgedTexts, Rows
from vitrine.tuning.mining import mine
from vitrine.tuning.tuner import Tuner
from vitrine.tuning.validation import NDCG, HeldOut, Values

SHARES: Final = (0.25, 0.5, 0.75, 1.0)
"""Shares of the tuned weights in the mean with the original ones, of which held-out queries choose one."""
MIN_QUERIES: Final = 10
"""Smallest number of held-out queries that choose, and of those that decide."""


@dataclass(frozen=True)
class Tuned:
    """The outcome of a fine-tuning.

    `checkpoint` is the tuned one if it is better, else the original. `baseline` and `tuned` are the metrics, float64
    [Q] each, on queries that chose nothing; `difference` compares their nDCG. `share` is that of the tuned weights.
    """

    checkpoint: Checkpoint
    baseline: Values
    tuned: Values
    difference: Comparison
    share: float
    epoch: int

    @property
    def is_better(self) -> bool:
        """True if the tuned encoder goes on: the interval of the difference is above 0."""
        return self.difference.difference.low > 0


def tune(
    source: Checkpoint,
    settings: JudgementTuningSettings,
    judged: JudgedTexts,
    precision: Precision,
    on_epoch: Callable[[int, Mapping[str, float]], None],
) -> Tuned:
    """Tune a sentence encoder on judged pairs of the train split.

    About `validation_share` of the queries are held out. Half of these choose the epoch and the share of the tuned
    weights in the mean with the original ones (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"); the
    other half decides whether the tuned encoder is better.

    Raises:
        DataError: the checkpoint cannot be trained, or too few queries are judged.
    """
    rng = np.random.default_rng(settings.seed)
    fitting, choosing, deciding = split(judged, settings.validation_share)
    encoder = SentenceEncoder(source, precision, trainable=True)
    validation, test = (
        HeldOut.sample(judged, queries, settings.validation_products, rng) for queries in (choosing, deciding)
    )
    baseline = test.measure(encoder)
    size = min(settings.batch_size, len(fitting))
    steps = len(fitting) // size
    tuner = Tuner(encoder, settings, steps * settings.epochs)
    original = tuner.weights()
    best, best_epoch, kept = validation.measure(encoder)[NDCG].mean(), -1, original
    on_epoch(0, {"validation_ndcg": float(best)})
    for epoch in range(settings.epochs):
        mined = mine(encoder, judged, fitting, settings.mined, rng)
        losses: list[float] = []
        for batch in epoch_batches(judged, fitting, mined, settings, rng):
            losses.append(tuner.step(batch))
            progress.report("tuning the encoder", epoch * steps + len(losses), steps * settings.epochs)
        figure = float(validation.measure(encoder)[NDCG].mean())
        on_epoch(epoch + 1, {"loss": float(np.mean(losses)), "validation_ndcg": figure})
        if figure > best:
            best, best_epoch, kept = figure, epoch, tuner.weights()
    share = choose_share(tuner, encoder, original, kept, best, validation)
    tuned = test.measure(encoder)
    difference = compare(tuned[NDCG], baseline[NDCG])
    outcome = Tuned(encoder.trained_checkpoint(), baseline, tuned, difference, share, best_epoch + 1)
    return outcome if outcome.is_better else Tuned(source, baseline, tuned, difference, share, best_epoch + 1)


def split(judged: JudgedTexts, share: float) -> tuple[Rows, Rows, Rows]:
    """Split the queries with a gain: those that are fitted, those that choose, and those that decide.

    Raises:
        DataError: too few queries are judged.
    """
    usable = judged.with_gain(np.arange(len(judged.queries)))
    order = usable[
        np.argsort([position(judged.queries[query], "tuning validation") for query in usable], kind="stable")
    ]
    half = max(MIN_QUERIES, round(len(order) * share / 2))
    parts = np.sort(order[2 * half :]), np.sort(order[:half]), np.sort(order[half : 2 * half])
    if len(parts[0]) < MIN_QUERIES:
        raise DataError(
            f"{len(usable)} queries of the train split have a product that is E, S or C, too few to tune an encoder: "
            f"{half} are held out to choose, and {half} to decide; set encoder.training.mode=none, or judge more"
        )
    return parts


def choose_share(
    tuner: Tuner,
    encoder: SentenceEncoder,
    original: list[npt.NDArray[np.float32]],
    tuned: list[npt.NDArray[np.float32]],
    best: float,
    validation: HeldOut,
) -> float:
    """Set the weights to the mean with the original ones that is best on held-out queries, and return its share."""
    figures = {1.0: best}
    for share in SHARES[:-1]:
        tuner.restore(mean(original, tuned, share))
        figures[share] = float(validation.measure(encoder)[NDCG].mean())
    chosen = max(figures, key=lambda share: (figures[share], share))
    tuner.restore(mean(original, tuned, chosen))
    return chosen


def mean(
    original: list[npt.NDArray[np.float32]], tuned: list[npt.NDArray[np.float32]], share: float
) -> list[npt.NDArray[np.float32]]:
    """Return the weighted mean of both weights."""
    return [
        np.float32(1 - share) * first + np.float32(share) * second
        for first, second in zip(original, tuned, strict=True)
    ]
