"""Building of the last stage: its calibration and its share of the score, on judged pairs of the train split."""

from collections.abc import Callable
from typing import Final

import numpy as np
import tensorflow as tf

from vitrine import progress
from vitrine.cross_encoder.calibrated import CalibratedCrossEncoder, calibrate, open_source
from vitrine.cross_encoder.training_pairs import Pairs
from vitrine.data.columns import PRODUCT_ID
from vitrine.data.contract.splits import is_validation
from vitrine.labels import GAINS
from vitrine.search.build.judged_pairs import JudgedPairs, Values
from vitrine.search.build.weight_choice import choose_weight, gain_log_odds
from vitrine.search.model.last_stage import LastStage
from vitrine.search.products import Products
from vitrine.search.settings import CrossEncoderStage

PAIRS: Final = 4_000
"""Pairs that are read at most; a transformer reads some hundreds in a second."""
BATCH: Final = 64

Score = Callable[[tf.Tensor, tf.Tensor], tf.Tensor]


def build_last_stage(
    settings: CrossEncoderStage, pairs: JudgedPairs, products: Products, score: Score, validation_share: float
) -> LastStage:
    """Calibrate the cross-encoder of the settings, and choose its share of the score.

    Both use the queries that the classifier's training held out, as the training of a cross-encoder on the same
    judgements does. The share maximises nDCG@10 of their judged pools.

    Args:
        settings: the stage's settings.
        pairs: judged pairs of the train split.
        products: the catalogue.
        score: the scores float32 [P] without this stage of queries and ids of products, string [P].
        validation_share: the share of the queries that the classifier's training held out.

    Raises:
        ConfigError: the source does not exist.
        DataError: it is no cross-encoder, or the pairs have one label.
    """
    model = open_source(settings)
    held_out = np.array([is_validation(query, validation_share) for query in pairs.query], bool)
    chosen = _some_queries(pairs.where(held_out) if held_out.any() else pairs)
    progress.note(f"calibrating the cross-encoder on {len(chosen.row):,} pairs")
    calibrated = calibrate(model, _read(chosen, products, settings.fields))
    share = _share(calibrated, chosen, products, settings.fields, score)
    progress.note(f"chosen on the train split: cross-encoder's share {share:.2f} of the score")
    return LastStage(model, calibrated.weights, calibrated.intercepts, share, settings.candidates, settings.fields)


def _some_queries(pairs: JudgedPairs) -> JudgedPairs:
    """Return the pairs of as many random queries as have about `PAIRS` pairs, or all."""
    queries, counts = np.unique(pairs.query_id, return_counts=True)
    order = np.random.default_rng(0).permutation(len(queries))
    kept = queries[order[: np.searchsorted(np.cumsum(counts[order]), PAIRS) + 1]]
    return pairs.where(np.isin(pairs.query_id, kept))


def _read(pairs: JudgedPairs, products: Products, fields: tuple[str, ...]) -> Pairs:
    texts = products.texts(pairs.row)
    joined = [" ".join(parts).strip() for parts in zip(*(texts[field] for field in fields), strict=True)]
    return Pairs(pairs.query.tolist(), joined, np.searchsorted(GAINS, pairs.gain))


def _share(
    calibrated: CalibratedCrossEncoder,
    pairs: JudgedPairs,
    products: Products,
    fields: tuple[str, ...],
    score: Score,
) -> float:
    ids = products.table[PRODUCT_ID].take(pairs.row).to_numpy()
    parts = range(0, len(ids), BATCH)
    before = np.concatenate(
        [score(tf.constant(pairs.query[at : at + BATCH]), tf.constant(ids[at : at + BATCH])).numpy() for at in parts]
    )
    read = _read(pairs, products, fields)
    by_score, by_gain = gain_log_odds(before), gain_log_odds(calibrated.scores(read.queries, read.texts))

    def ndcg(share: float) -> Values:
        return pairs.ndcg((1 - share) * by_score + share * by_gain)

    return choose_weight(ndcg)
