"""Building of the last stage: its calibration and its share of the score, on judged pairs of the train split."""

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from vitrine import progress
from vitrine.cross_encoder.calibrated import fit_calibration, open_source
from vitrine.cross_encoder.scoring import predict
from vitrine.data.columns import PRODUCT_ID
from vitrine.labels import GAINS
from vitrine.search.build.judged_pairs import JudgedPairs
from vitrine.search.build.text_tuning import choose_queries
from vitrine.search.build.weight_choice import choose_weight, gain_log_odds
from vitrine.search.model.last_stage import LastStage
from vitrine.search.products import Products
from vitrine.search.row_blocks import row_blocks
from vitrine.search.settings import CrossEncoderStage
from vitrine.text.product_texts import product_texts

BATCH: Final = 64

Score = Callable[[npt.NDArray[np.object_], npt.NDArray[np.object_]], npt.NDArray[np.float32]]


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
        score: the scores float32 [P] without this stage of queries and ids of products, str [P].
        validation_share: the share of the queries that the classifier's training held out.

    Raises:
        ConfigError: the source does not exist.
        DataError: it is no cross-encoder, or the pairs have one label.
    """
    model = open_source(settings, "search.cross_encoder")
    chosen = _judged(pairs, validation_share)
    texts = product_texts(pa.table(products.texts(chosen.row)), settings.fields)
    progress.note(f"calibrating the cross-encoder on {len(texts):,} pairs")
    logits = predict(model, chosen.query.tolist(), texts)
    calibration = fit_calibration(logits, np.searchsorted(GAINS, chosen.gain))
    by_gain = gain_log_odds(calibration.probabilities(logits) @ np.array(GAINS))
    ids = products.table[PRODUCT_ID].take(chosen.row).to_numpy()
    scores = [score(chosen.query[part], ids[part]) for part in row_blocks(len(ids), BATCH)]
    by_score = gain_log_odds(np.concatenate(scores))
    share = choose_weight(lambda share: chosen.ndcg((1 - share) * by_score + share * by_gain))
    progress.note(f"chosen on the train split: cross-encoder's share {share:.2f} of the score")
    return LastStage(model, calibration, share, settings.candidates, settings.fields)


def _judged(pairs: JudgedPairs, validation_share: float) -> JudgedPairs:
    """Return the pairs of queries that were held out, or of all that are chosen if those have one label only."""
    chosen = choose_queries(pairs, validation_share)
    held_out = pairs.of_queries(chosen.held_out)
    return held_out if len(np.unique(held_out.gain)) > 1 else pairs.of_queries(chosen.classified)
