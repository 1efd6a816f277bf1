"""A first lesson without judgements: agree with the sentence encoder that the cross-encoder is made of.

That encoder's layers read one text; what two texts have in common it finds by comparing their vectors. Some hundred
judged queries are too few to learn that comparison anew across one sequence, so pairs of made-up queries and the
catalogue's texts teach it first: the cross-encoder's log-odds of "exact" are to be a line of the vectors' cosine
(Hinton et al. 2015, "Distilling the Knowledge in a Neural Network", with a regression for the softened classes).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import tensorflow as tf

from vitrine.cross_encoder.checkpoint import starting_point
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import CrossEncoder
from vitrine.cross_encoder.settings import DistillationSettings
from vitrine.cross_encoder.trainer import Trainee
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.loading import load_encoder, source_directory
from vitrine.errors import DataError
from vitrine.labels import CLASS_IDS

RANKS: Final = (5, 50, 500, None)
"""Of each query's texts by similarity, one is drawn from so many of the best; None: from all."""
LONGEST_QUERY: Final = 4
FIRST_WORDS: Final = 12
"""Words of a text of which a query is made: what a product is stands at the beginning."""
BLOCK: Final = 128


def distil(config: DistillationSettings, texts: Sequence[str]) -> CrossEncoder:
    """Return a cross-encoder that ranks as the sentence encoder of `config.source` does.

    Args:
        config: start and schedule.
        texts: products' texts, of which the queries are made too.

    Raises:
        ConfigError: `config.source` does not exist.
        DataError: the checkpoint cannot be read, or no text has a word.
    """
    queries, answers, similarity = lessons(config, texts)
    start = starting_point(read_checkpoint(source_directory(config.source)), config.max_tokens, config.seed)
    model = PairModel(start, config.precision, trainable=True)
    trainee = Trainee(config, model, queries, answers, config.slope * similarity + config.intercept, _loss)
    for _ in range(config.epochs):
        trainee.epoch()
    return CrossEncoder(model, start.files)


def lessons(config: DistillationSettings, texts: Sequence[str]) -> tuple[list[str], list[str], np.ndarray]:
    """Make up queries [P], draw near and far texts [P] for them, and compute their cosines, float32 [P].

    Raises:
        DataError: no text has a word.
    """
    rng = np.random.default_rng(config.seed)
    worded = list(dict.fromkeys(text for text in texts if text.split()))
    if not worded:
        raise DataError("no product's text has a word to make queries of")
    worded = [worded[row] for row in np.sort(rng.permutation(len(worded))[: config.products])]
    queries = [made_up(worded[row], rng) for row in rng.integers(0, len(worded), config.pairs // len(RANKS))]
    encoder = load_encoder(source_directory(config.source), config.precision)
    vectors = encoder.encode_text(worded)
    rows, cosines = zip(*_draw(encoder.encode_text(queries), vectors, rng), strict=True)
    answers = [worded[row] for row in np.concatenate(rows)]
    return [query for query in queries for _ in RANKS], answers, np.concatenate(cosines)


def made_up(text: str, rng: np.random.Generator) -> str:
    """Return a few words of a text, in its order: neighbours or not."""
    words = text.split()[:FIRST_WORDS]
    count = min(len(words), int(rng.integers(1, LONGEST_QUERY + 1)))
    if rng.random() < 0.5:
        start = int(rng.integers(0, len(words) - count + 1))
        return " ".join(words[start : start + count])
    return " ".join(words[index] for index in np.sort(rng.choice(len(words), count, replace=False)))


def _draw(queries: np.ndarray, texts: np.ndarray, rng: np.random.Generator) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, for blocks of queries, rows of texts and their cosines, one for each query and each of `RANKS`."""
    bounds = np.array([min(rank or len(texts), len(texts)) for rank in RANKS])
    for start in range(0, len(queries), BLOCK):
        similarity = queries[start : start + BLOCK] @ texts.T
        ranked = np.argsort(-similarity, axis=1)
        rows = np.take_along_axis(ranked, rng.integers(0, bounds, (len(similarity), len(RANKS))), axis=1)
        yield rows.ravel(), np.take_along_axis(similarity, rows, axis=1).ravel()


def _loss(logits: tf.Tensor, targets: tf.Tensor, _queries: tf.Tensor) -> tf.Tensor:
    """Mean squared difference between the log-odds of "exact" and the targets."""
    exact = CLASS_IDS["E"]
    others = tf.reduce_logsumexp(logits[:, :exact], axis=1)
    return tf.reduce_mean(tf.square(logits[:, exact] - others - targets))
