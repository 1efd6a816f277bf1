"""Tuned checkpoints in sentence-transformers, for every family that can be tuned."""

import numpy as np
import pytest

from tests.vitrine.encoders.small_encoders import write_encoder, write_transformer
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.encoders.dropout import RandomDropout
from vitrine.encoders.sentence.encoder import SentenceEncoder
from vitrine.encoders.sentence.families import FAMILIES
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


@pytest.mark.parametrize("family", FAMILIES)
def test_sentence_transformers_computes_the_tuned_vectors(reference, tmp_path, family):
    source = read_checkpoint(write_encoder(reference, family, tmp_path, MODULES))
    encoder = SentenceEncoder(source, trainable=True)
    before = encoder.encode_text(TEXTS)
    assert np.abs(encoder.module.embed(TEXTS, "", RandomDropout(0.5, 0)) - before).max() > 1e-2
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


def test_the_last_normalisation_of_modernbert_is_part_of_its_last_layer(reference, tmp_path):
    encoder = SentenceEncoder(read_checkpoint(write_transformer(reference, "modernbert", tmp_path)), trainable=True)
    transformer = encoder.module.transformer
    lowest, *_, last = transformer.layers
    variables = [transformer.last_norm.gamma, last.output.kernel, lowest.output.kernel, encoder.words]
    assert [encoder.depth(variable) for variable in variables] == [1, 1, 3, 4]
