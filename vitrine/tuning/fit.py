"""Fine-tuning on judgements, from a pretrained checkpoint to one that is better on held-out queries."""

import functools
import hashlib
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np

from vitrine.data.contract.splits import VALIDATION, position
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.settings import Precision
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.errors import DataError
from vitrine.metrics.bootstrap import compare
from vitrine.tuning.batches import Batch, epoch_batches
from vitrine.tuning.judged_texts import JudgedTexts, Rows
from vitrine.tuning.learning import Course, EpochReport, learn
from vitrine.tuning.mining import LexicalMiner, mine
from vitrine.tuning.outcome import Tuned
from vitrine.tuning.replicas import training_strategy
from vitrine.tuning.state import State
from vitrine.tuning.tuner import Tuner
from vitrine.tuning.validation import NDCG, HeldOut

MIN_QUERIES: Final = 10
"""Smallest number of queries that are fitted, that choose, and that decide."""
SAMPLE, MINING, ORDER = range(3)
LEXICAL: Final = 4
"""Purposes of random generators."""


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
    strategy = training_strategy()
    with strategy.scope():
        encoder = SentenceEncoder(source, precision, trainable=True)
    rng = np.random.default_rng([settings.seed, SAMPLE])
    validation, test = (
        HeldOut.sample(judged, queries, settings.validation_products, rng) for queries in (choosing, deciding)
    )
    baseline = test.measure(encoder)
    with strategy.scope():
        tuner = Tuner(encoder, settings, len(fitting) // min(settings.batch_size, len(fitting)) * settings.epochs)
    state = State(f"{states}/{_key(encoder, settings, judged, precision)}", tuner)

    def measure() -> float:
        return float(validation.measure(encoder)[NDCG].mean())

    batches = judged_batches(encoder, judged, fitting, settings, state)
    epoch, share = learn(Course(tuner, settings, batches, measure, NDCG), state, on_epoch)
    tuned = test.measure(encoder)
    difference = compare(tuned[NDCG], baseline[NDCG])
    outcome = Tuned(
        encoder.trained_checkpoint(),
        len(test.documents),
        baseline,
        tuned,
        difference,
        share,
        epoch,
        original=encoder.fingerprint,
    )
    state.remove()
    return outcome.or_original(source)


def judged_batches(
    encoder: Encoder, judged: JudgedTexts, queries: Rows, settings: JudgementTuningSettings, state: State
) -> Callable[[int], Iterator[Batch]]:
    """Return a function that yields the batches of an epoch, for which negatives are mined once."""
    lexical = functools.cache(
        lambda: LexicalMiner(judged, queries, np.random.default_rng([settings.seed, LEXICAL])).mine
    )

    def batches(epoch: int) -> Iterator[Batch]:
        mined = state.mined(epoch)
        if mined is None:
            rng = np.random.default_rng([settings.seed, MINING, epoch])
            mined = mine(encoder, judged, queries, settings.mined, rng)
            if settings.mined_bm25:
                mined = np.hstack([mined, lexical()(settings.mined_bm25, rng)])
            state.save_mined(epoch, mined)
        return epoch_batches(judged, queries, mined, settings, np.random.default_rng([settings.seed, ORDER, epoch]))

    return batches


def split(judged: JudgedTexts, share: float) -> tuple[Rows, Rows, Rows]:
    """Split the queries with a gain: those that are fitted, those that choose, and those that decide.

    Queries that measure nothing are fitted.

    Those that are held out are those of the classifier's training, too, so that the weights of a search, which are
    chosen on them, see an encoder that does not know their answers.

    Raises:
        DataError: too few queries are judged.
    """
    usable = judged.with_gain(np.setdiff1d(np.arange(len(judged.queries)), judged.only_fitted))
    order = _by_position(judged, usable, VALIDATION)
    half = max(MIN_QUERIES, round(len(order) * share / 2))
    held_out = _by_position(judged, order[: 2 * half], "tuning")
    fitting = np.append(order[2 * half :], judged.with_gain(judged.only_fitted))
    parts = np.sort(fitting), np.sort(held_out[:half]), np.sort(held_out[half:])
    if len(parts[0]) < MIN_QUERIES:
        raise DataError(
            f"{len(usable)} queries of the train split have a product that is E, S or C, too few to tune an encoder: "
            f"{half} are held out to choose, and {half} to decide; set encoder.training.mode=none, or judge more"
        )
    return parts


def _by_position(judged: JudgedTexts, queries: Rows, salt: str) -> Rows:
    places = [position(judged.queries[query], salt) for query in queries]
    return queries[np.argsort(places, kind="stable")]


def _key(encoder: SentenceEncoder, settings: JudgementTuningSettings, judged: JudgedTexts, precision: str) -> str:
    """Return a digest of all that a fine-tuning depends on."""
    key = hashlib.sha256(f"{encoder.fingerprint} {settings.model_dump_json()} {precision}".encode())
    judged.update(key)
    return key.hexdigest()[:16]
