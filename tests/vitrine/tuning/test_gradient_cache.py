"""Gradients in chunks of a sentence encoder's batch."""

import numpy as np
import tensorflow as tf

from vitrine.encoders.dropout import RandomDropout
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.tuning.batches import batch
from vitrine.tuning.gradient_cache import VECTORS, ChunkedEmbedding, Gradients, cached_gradients, chunks
from vitrine.tuning.tuner import Tuner


def test_gradients_of_judged_texts_are_equal_in_chunks_and_in_the_whole(source, judged):
    queries = judged.with_gain(np.arange(len(judged.queries)))[:12]
    documents = judged.document[np.isin(judged.query, queries)]
    found, losses = [], []
    for chunk in (None, 5):
        encoder = SentenceEncoder(source, trainable=True)
        tuner = Tuner(encoder, JudgementTuningSettings(train_words=True, chunk=chunk), 10)
        losses.append(tuner.step(batch(judged, queries, documents)))
        found.append([moment.numpy() for moment in tuner._optimizer._first])
    assert abs(losses[0] - losses[1]) < 1e-5
    for whole, chunked in zip(*found, strict=True):
        np.testing.assert_allclose(chunked, whole, atol=1e-6 + 1e-3 * np.abs(whole).max())


def test_both_passes_drop_the_same_units():
    drop = RandomDropout(0.5, seed=1)
    weight = tf.Variable(tf.ones([4, 3]))
    side = ChunkedEmbedding(lambda dropped, x: dropped(tf.linalg.matmul(x, weight)), [VECTORS], [weight], drop)
    inputs = tf.random.stateless_normal([6, 4], [0, 0])
    seen = []

    def loss(vectors: tf.Tensor) -> Gradients:
        seen.append(vectors.numpy())
        return Gradients(tf.reduce_sum(vectors), [tf.ones_like(vectors)], [])

    parts = [(inputs[rows],) for rows in chunks(6, 4)]
    for _ in range(2):
        _, (gradient,) = cached_gradients([(side, parts)], loss, [weight], drop)
        kept = (seen[-1] != 0) * 2.0  # of each unit, which is doubled if it is not dropped
        np.testing.assert_allclose(gradient, inputs.numpy().T @ kept, rtol=1e-5)
    first, second = (each != 0 for each in seen)
    assert (first != second).any()


def test_chunks_cover_all_rows():
    assert list(chunks(7, 3)) == [slice(0, 3), slice(3, 6), slice(6, 7)]
    assert list(chunks(7, None)) == [slice(0, 7)]
