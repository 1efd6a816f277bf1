"""Distillation, the training phase without judgements, from the sentence encoder that the cross-encoder starts from.

The layers of that encoder read one text; two texts are compared by their vectors. A few hundred judged queries are too
few to learn this comparison within one sequence, so pairs of synthetic queries and the catalogue's texts teach it
first: the target of the cross-encoder's log-odds of "exact" is a linear function of the vectors' cosine (Hinton et al.
2015, "Distilling the Knowledge in a Neural Network", with a regression in place of softened classes).
"""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.cross_encoder.initial_checkpoint import initial_checkpoint
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import CrossEncoder
from vitrine.cross_encoder.settings import DistillationSettings
from vitrine.cross_encoder.trainer import CrossEncoderTrainer
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.loading import load_encoder, source_directory
from vitrine.errors import DataError
from vitrine.labels import CLASS_IDS

Floats = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]

RANKS: Final = (5, 50, 500, None)
"""For each query, one text is drawn from this many of the most similar ones, or from all (None)."""
LONGEST_QUERY: Final = 4
FIRST_WORDS: Final = 12
"""First words of a text that queries are made of, since the kind of a product is named at the beginning."""
BLOCK: Final = 128


def distil(settings: DistillationSettings, texts: Sequence[str]) -> CrossEncoder:
    """Return a cross-encoder that ranks like the sentence encoder of `settings.source`.

    Args:
        settings: source and schedule.
        texts: products' texts, from which the queries are made too.

    Raises:
        ConfigError: `settings.source` does not exist.
        DataError: the checkpoint cannot be read, or no text has a word.
    """
    queries, matches, similarity = distillation_pairs(settings, texts)
    start = initial_checkpoint(read_checkpoint(source_directory(settings.source)), settings.max_tokens, settings.seed)
    model = PairModel(start, settings.precision, trainable=True)
    trainer = CrossEncoderTrainer(
        settings, model, queries, matches, settings.slope * similarity + settings.intercept, _loss
    )
    for _ in range(settings.epochs):
        trainer.epoch()
    return CrossEncoder(model, start.files)


def distillation_pairs(settings: DistillationSettings, texts: Sequence[str]) -> tuple[list[str], list[str], Floats]:
    """Make synthetic queries [P], draw similar and dissimilar texts [P], and compute their cosines, float32 [P].

    Raises:
        DataError: no text has a word.
    """
    rng = np.random.default_rng(settings.seed)
    worded = list(dict.fromkeys(text for text in texts if text.split()))
    if not worded:
        raise DataError("no product's text has a word to make queries of")
    worded = [worded[row] for row in np.sort(rng.permutation(len(worded))[: settings.products])]
    queries = [synthetic_query(worded[row], rng) for row in rng.integers(0, len(worded), settings.pairs // len(RANKS))]
    encoder = load_encoder(source_directory(settings.source), settings.precision)
    vectors = encoder.encode_document(worded)
    rows, cosines = zip(*_draw(encoder.encode_text(queries), vectors, rng), strict=True)
    matches = [worded[row] for row in np.concatenate(rows)]
    return [query for query in queries for _ in RANKS], matches, np.concatenate(cosines)


def synthetic_query(text: str, rng: np.random.Generator) -> str:
    """Return a few words of a text in their order, adjacent or not."""
    words = text.split()[:FIRST_WORDS]
    count = min(len(words), int(rng.integers(1, LONGEST_QUERY + 1)))
    if rng.random() < 0.5:
        start = int(rng.integers(0, len(words) - count + 1))
        return " ".join(words[start : start + count])
    return " ".join(words[index] for index in np.sort(rng.choice(len(words), count, replace=False)))


def _draw(queries: Floats, texts: Floats, rng: np.random.Generator) -> Iterator[tuple[Rows, Floats]]:
    """Yield for each block of queries the rows of texts and their cosines, one per query and entry of `RANKS`."""
    bounds = np.array([min(rank or len(texts), len(texts)) for rank in RANKS])
    for start in range(0, len(queries), BLOCK):
        similarity = queries[start : start + BLOCK] @ texts.T
        ranked = np.argsort(-similarity, axis=1)
        rows = np.take_along_axis(ranked, rng.integers(0, bounds, (len(similarity), len(RANKS))), axis=1)
        yield rows.ravel(), np.take_along_axis(similarity, rows, axis=1).ravel()


def _loss(logits: tf.Tensor, targets: tf.Tensor, _queries: tf.Tensor) -> tf.Tensor:
    """Return the mean squared difference between the log-odds of "exact" and the targets."""
    exact = CLASS_IDS["E"]
    others = tf.reduce_logsumexp(logits[:, :exact], axis=1)
    return tf.reduce_mean(tf.square(logits[:, exact] - others - targets))
