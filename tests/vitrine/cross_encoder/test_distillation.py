"""Distillation: synthetic queries, near and far texts, and the sentence encoder's similarities."""

import numpy as np
import pytest

from vitrine.cross_encoder.distillation import distil, distillation_pairs, synthetic_query
from vitrine.cross_encoder.scoring import predict
from vitrine.cross_encoder.settings import CrossEncoderSettings, DistillationSettings
from vitrine.cross_encoder.training import fit
from vitrine.encoders.loading import load_encoder
from vitrine.errors import DataError

from .conftest import COLORS, KINDS, make_pairs

TEXTS = [f"{kind} {color}{ending}" for kind in KINDS for color in COLORS for ending in ("", " long", " !", " a cafe")]


def test_queries_are_words_of_a_text_in_its_order():
    rng = np.random.default_rng(0)
    text = "one two three four five six"
    queries = {synthetic_query(text, rng) for _ in range(200)}
    assert len(queries) > 20
    for query in queries:
        places = [text.split().index(word) for word in query.split()]
        assert 1 <= len(places) <= 4
        assert places == sorted(set(places))


def test_texts_are_drawn_near_and_far_with_the_cosine_of_the_sentence_encoder(bert):
    config = DistillationSettings(source=str(bert), pairs=80)
    queries, texts, cosine = distillation_pairs(config, [*TEXTS, "", " ", TEXTS[0]])
    assert len(queries) == len(texts) == len(cosine) == 80
    assert set(texts) <= set(TEXTS)
    encoder = load_encoder(bert)
    expected = (encoder.encode_text(queries) * encoder.encode_text(texts)).sum(axis=1)
    np.testing.assert_allclose(cosine, expected, atol=1e-5)
    nearest, *_, anywhere = cosine.reshape(-1, 4).mean(axis=0)
    assert nearest > anywhere


def test_the_cross_encoder_comes_to_agree_and_keeps_its_head_for_judgements(bert, tmp_path):
    # The cosines of a random encoder lie within some hundredths of 0.95; the line spreads them around 0.
    line = {"slope": 20.0, "intercept": -19.0}
    steps = {"epochs": 3, "learning_rate": 3e-3, "batch_size": 8, "train_words": True}
    config = DistillationSettings(source=str(bert), pairs=400, **line, **steps)
    queries, texts, cosine = distillation_pairs(config, TEXTS)
    model = distil(config, TEXTS)

    def log_odds(model) -> np.ndarray:
        logits = predict(model.module, queries, texts)
        return logits[:, 3] - np.log(np.exp(logits[:, :3]).sum(axis=1))

    target = 20.0 * cosine - 19.0
    assert np.mean((log_odds(model) - target) ** 2) < 0.75 * np.var(target)
    model.save(tmp_path / "distilled")
    still = CrossEncoderSettings(source=str(tmp_path / "distilled"), epochs=1, learning_rate=1e-9, calibrate=False)
    again = fit(still, make_pairs(queries=2, products=8), lambda *_arguments: None)
    np.testing.assert_allclose(log_odds(again), log_odds(model), atol=1e-4)


def test_texts_without_words_are_refused(bert):
    with pytest.raises(DataError, match="no product's text has a word"):
        distillation_pairs(DistillationSettings(source=str(bert)), ["", " "])
