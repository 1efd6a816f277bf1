"""Tuned checkpoints in sentence-transformers, for every family that can be tuned."""

import numpy as np
import pytest

from tests.vitrine.encoders.small_encoders import write_encoder
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.sentence.families import BERT_LIKE
from vitrine.encoders.training_settings import JudgementTuningSettings
from vitrine.tuning.batches import Batch
from vitrine.tuning.tuner import Tuner

TEXTS = ["red mug", "blue teapots", "a lamp of brass and glass", "sofa"]
MODULES = [
    {"type": "Pooling", "word_embedding_dimension": 32, "pooling_mode": "mean"},
    {"type": "Dense", "in_features": 32, "out_features": 16, "activation": "Tanh"},
    {"type": "LayerNorm", "dimension": 16},
    {"type": "Normalize"},
]


@pytest.mark.parametrize("family", BERT_LIKE)
def test_sentence_transformers_computes_the_tuned_vectors(reference, tmp_path, family):
    source = read_checkpoint(write_encoder(reference, family, tmp_path, MODULES))
    encoder = SentenceEncoder(source, trainable=True)
    before = encoder.encode_text(TEXTS)
    tuner = Tuner(encoder, JudgementTuningSettings(learning_rate=1e-2, warmup_share=0, train_words=True), 10)
    tuner.step(Batch(TEXTS[:2], TEXTS[2:], np.eye(2, dtype=np.float32)))
    after = encoder.encode_text(TEXTS)
    assert np.abs(after - before).max() > 1e-2
    encoder.trained_checkpoint().save(tmp_path / "tuned")
    np.testing.assert_allclose(
        reference("text_encoders.encode", directory=tmp_path / "tuned", texts=TEXTS), after, atol=1e-5
    )
    reopened = SentenceEncoder(read_checkpoint(tmp_path / "tuned"))
    np.testing.assert_allclose(reopened.encode_text(TEXTS), after, atol=1e-6)
    trained = encoder.trained_checkpoint().tensors
    kept = [name for name, value in source.tensors.items() if np.array_equal(trained[name], value)]
    assert all("pooler" in name or "position" in name or "token_type" in name for name in kept), kept
