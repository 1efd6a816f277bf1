"""Fine-tuning on judgements, from a pretrained checkpoint to one that is better on held-out queries."""

import hashlib
from collections.abc import Callable, Mapping
from typing import Final

import numpy as np

from vitrine import progress
from vitrine.data.contract.splits import VALIDATION, position
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.settings import Precision
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.errors import DataError
from vitrine.metrics.bootstrap import compare
from vitrine.tuning.batches import epoch_batches
from vitrine.tuning.judged_texts import JudgedTexts, Rows
from vitrine.tuning.mining import mine
from vitrine.tuning.outcome import Tuned
from vitrine.tuning.state import Progress, State
from vitrine.tuning.tuner import Tuner, Weights
from vitrine.tuning.validation import NDCG, HeldOut

SHARES: Final = (0.25, 0.5, 0.75)
"""Shares of the tuned weights in the mean with the original ones, besides 1, of which held-out queries choose one."""
MIN_QUERIES: Final = 10
"""Smallest number of queries that are fitted, that choose, and that decide."""
SAMPLE, MINING, ORDER = range(3)
"""Purposes of random generators."""

EpochReport = Callable[[int, Mapping[str, float]], None]
"""A function of an epoch's number, from 0 for the original encoder, and its metrics."""


def tune(
    source: Checkpoint,
    settings: JudgementTuningSettings,
    judged: JudgedTexts,
    precision: Precision,
    states: str,
    on_epoch: EpochReport,
) -> Tuned:
    """Tune a sentence encoder on judged pairs of the train split.

    About `validation_share` of the queries are held out. Half of these choose the epoch and the share of the tuned
    weights in the mean with the original ones (Wortsman et al. 2022, "Robust fine-tuning of zero-shot models"); the
    other half decides whether the tuned encoder is better.

    Args:
        source: the pretrained checkpoint.
        settings: the schedule.
        judged: the pairs.
        precision: of the products; weights are float32 in either.
        states: a folder or a bucket's URI, in which a killed fine-tuning of the same inputs left its state.
        on_epoch: called after each epoch.

    Raises:
        DataError: the checkpoint cannot be trained, or too few queries are judged.
    """
    fitting, choosing, deciding = split(judged, settings.validation_share)
    encoder = SentenceEncoder(source, precision, trainable=True)
    rng = np.random.default_rng([settings.seed, SAMPLE])
    validation, test = (
        HeldOut.sample(judged, queries, settings.validation_products, rng) for queries in (choosing, deciding)
    )
    baseline = test.measure(encoder)
    tuner = Tuner(encoder, settings, len(fitting) // min(settings.batch_size, len(fitting)) * settings.epochs)
    original = tuner.weights()
    state = State(f"{states}/{_key(encoder, settings, judged, precision)}", tuner)
    done = _fit(encoder, tuner, settings, judged, fitting, validation, state, on_epoch)
    share = _choose_share(tuner, encoder, original, state.best() if done.best else original, done.figure, validation)
    tuned = test.measure(encoder)
    difference = compare(tuned[NDCG], baseline[NDCG])
    outcome = Tuned(encoder.trained_checkpoint(), len(test.documents), baseline, tuned, difference, share, done.best)
    state.remove()
    return outcome.or_original(source)


def _fit(
    encoder: SentenceEncoder,
    tuner: Tuner,
    settings: JudgementTuningSettings,
    judged: JudgedTexts,
    queries: Rows,
    validation: HeldOut,
    state: State,
    on_epoch: EpochReport,
) -> Progress:
    """Train all epochs, or those that are left, and keep the weights of the best one in `state`."""
    done = state.load()
    if done is None:
        done = Progress(figure=float(validation.measure(encoder)[NDCG].mean()))
        on_epoch(0, {NDCG: done.figure})
    else:
        progress.note(f"tuning goes on after {done.epoch} epochs and {done.step} steps")
    steps = tuner.steps // settings.epochs
    for epoch in range(done.epoch, settings.epochs):
        mined = state.mined(epoch)
        if mined is None:
            mined = mine(
                encoder, judged, queries, settings.mined, np.random.default_rng([settings.seed, MINING, epoch])
            )
            state.save_mined(epoch, mined)
        rng = np.random.default_rng([settings.seed, ORDER, epoch])
        for number, batch in enumerate(epoch_batches(judged, queries, mined, settings, rng), 1):
            if number <= done.step:
                continue
            done.losses.append(tuner.step(batch))
            progress.report("tuning the encoder", epoch * steps + number, tuner.steps)
            if number % settings.checkpoint_steps == 0:
                done.step = number
                state.save(done)
        figure = float(validation.measure(encoder)[NDCG].mean())
        on_epoch(epoch + 1, {"loss": float(np.mean(done.losses)), NDCG: figure})
        if figure > done.figure:
            state.save_best(tuner.weights())
            done.figure, done.best = figure, epoch + 1
        done.epoch, done.step, done.losses = epoch + 1, 0, []
        state.save(done)
    return done


def split(judged: JudgedTexts, share: float) -> tuple[Rows, Rows, Rows]:
    """Split the queries with a gain: those that are fitted, those that choose, and those that decide.

    Those that are held out are those of the classifier's training, too, so that the weights of a search, which are
    chosen on them, see an encoder that does not know their answers.

    Raises:
        DataError: too few queries are judged.
    """
    usable = judged.with_gain(np.arange(len(judged.queries)))
    order = _by_position(judged, usable, VALIDATION)
    half = max(MIN_QUERIES, round(len(order) * share / 2))
    held_out = _by_position(judged, order[: 2 * half], "tuning")
    parts = np.sort(order[2 * half :]), np.sort(held_out[:half]), np.sort(held_out[half:])
    if len(parts[0]) < MIN_QUERIES:
        raise DataError(
            f"{len(usable)} queries of the train split have a product that is E, S or C, too few to tune an encoder: "
            f"{half} are held out to choose, and {half} to decide; set encoder.training.mode=none, or judge more"
        )
    return parts


def _by_position(judged: JudgedTexts, queries: Rows, salt: str) -> Rows:
    places = [position(judged.queries[query], salt) for query in queries]
    return queries[np.argsort(places, kind="stable")]


def _choose_share(
    tuner: Tuner, encoder: SentenceEncoder, original: Weights, tuned: Weights, figure: float, validation: HeldOut
) -> float:
    """Set the weights to the mean with the original ones that is best on held-out queries, and return its share."""
    figures = {1.0: figure}
    for share in SHARES:
        tuner.restore(_mean(original, tuned, share))
        figures[share] = float(validation.measure(encoder)[NDCG].mean())
    chosen = max(figures, key=lambda share: (figures[share], share))
    tuner.restore(_mean(original, tuned, chosen))
    return chosen


def _mean(original: Weights, tuned: Weights, share: float) -> Weights:
    pairs = zip(original, tuned, strict=True)
    return [np.float32(1 - share) * first + np.float32(share) * second for first, second in pairs]


def _key(encoder: SentenceEncoder, settings: JudgementTuningSettings, judged: JudgedTexts, precision: str) -> str:
    """Return a digest of all that a fine-tuning depends on."""
    key = hashlib.sha256(f"{encoder.fingerprint} {settings.model_dump_json()} {precision}".encode())
    for values in (judged.query, judged.document, judged.gain):
        key.update(np.ascontiguousarray(values).data)
    for texts in (judged.queries, judged.documents.to_pylist()):
        key.update("\0".join(texts).encode("utf-8", "surrogatepass"))
    return key.hexdigest()[:16]
