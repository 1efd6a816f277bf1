"""Cross-encoders of each family against transformers and sentence-transformers, on small random checkpoints."""

import json
import shutil

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tests.vitrine.encoders.small_encoders import CONFIGS, write_transformer
from vitrine.cross_encoder.initial_checkpoint import CLASSIFIERS, initial_checkpoint
from vitrine.cross_encoder.model import PairModel
from vitrine.cross_encoder.scoring import CrossEncoder, load_cross_encoder, predict
from vitrine.encoders.checkpoint import read_checkpoint
from vitrine.errors import DataError

QUERIES = ["red mug", "", "blue", "", "cafés 猫!", "a long query " * 30, "Lampe für 12 €", "x"]
TEXTS = ["a red mug", "a mug", "", "", "Café 'RED' 猫", "tents", "long lamp " * 200, "shoe " * 20]


@pytest.fixture(scope="module", params=CONFIGS)
def family(request, reference, tmp_path_factory):
    directory = tmp_path_factory.mktemp(request.param)
    labels = {"num_labels": 3}
    return write_transformer(reference, request.param, directory, kind="ForSequenceClassification", **labels)


def test_logits_are_those_of_transformers(family, reference):
    model = PairModel(read_checkpoint(family))
    pairs = {"directory": family, "queries": QUERIES, "texts": TEXTS, "max_tokens": model.max_tokens}
    np.testing.assert_allclose(predict(model, QUERIES, TEXTS), reference("cross_encoder.logits", **pairs), atol=2e-5)


def test_modernbert_can_pool_the_mean_of_its_states(reference, tmp_path):
    fields = {"num_labels": 1, "classifier_pooling": "mean", "classifier_bias": True, "norm_bias": True}
    source = write_transformer(reference, "modernbert", tmp_path, kind="ForSequenceClassification", **fields)
    model = PairModel(read_checkpoint(source))
    pairs = {"directory": source, "queries": QUERIES, "texts": TEXTS, "max_tokens": model.max_tokens}
    np.testing.assert_allclose(predict(model, QUERIES, TEXTS), reference("cross_encoder.logits", **pairs), atol=2e-5)


def test_half_precision_is_close(family):
    exact, half = (
        predict(PairModel(read_checkpoint(family), kind), QUERIES, TEXTS) for kind in ("float32", "bfloat16")
    )
    cosines = np.sum(exact * half, axis=1) / np.linalg.norm(exact, axis=1) / np.linalg.norm(half, axis=1)
    assert cosines.min() > 0.99


def test_training_starts_from_any_family_but_modernbert(family, reference, tmp_path):
    source = read_checkpoint(family)
    if source.json("config.json")["model_type"] not in CLASSIFIERS:
        with pytest.raises(DataError, match="model_type 'modernbert' cannot be trained; bert"):
            initial_checkpoint(source, 24, 0)
        return
    start = initial_checkpoint(source, max_tokens=24, seed=1)
    model = CrossEncoder(PairModel(start, trainable=True), start.files)
    model.save(tmp_path / "saved")
    again = load_cross_encoder(tmp_path / "saved")
    expected = model.probabilities(QUERIES, TEXTS)
    np.testing.assert_allclose(again.probabilities(QUERIES, TEXTS), expected, atol=1e-6)
    theirs = reference("cross_encoder.probabilities", directory=tmp_path / "saved", queries=QUERIES, texts=TEXTS)
    np.testing.assert_allclose(theirs, expected, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "outputs", "limit"), [("bert", 1, None), ("xlm-roberta", 1, 40), ("modernbert", 4, 32)]
)
def test_cross_encoders_of_sentence_transformers_are_read(reference, tmp_path, name, outputs, limit):
    source = write_transformer(reference, name, tmp_path / "source")
    arguments = {"source": source, "outputs": outputs, "max_tokens": limit}
    reference("cross_encoder.save", directory=tmp_path / "saved", **arguments)
    model = PairModel(read_checkpoint(tmp_path / "saved"))
    assert model.outputs == outputs
    expected = reference("cross_encoder.predict", directory=tmp_path / "saved", queries=QUERIES, texts=TEXTS)
    np.testing.assert_allclose(predict(model, QUERIES, TEXTS), expected, atol=2e-5)


def test_one_number_becomes_a_direction_from_irrelevant_to_exact(reference, tmp_path):
    source = write_transformer(reference, "bert", tmp_path, kind="ForSequenceClassification", num_labels=1)
    number = predict(PairModel(read_checkpoint(source)), QUERIES, TEXTS)[:, 0]
    start = initial_checkpoint(read_checkpoint(source), 200, 0)
    scores = CrossEncoder(PairModel(start), start.files).scores(QUERIES, TEXTS)
    np.testing.assert_array_equal(np.argsort(scores), np.argsort(number))


@pytest.fixture(scope="module")
def scorer(reference, tmp_path_factory):
    """A cross-encoder with one number."""
    folder = tmp_path_factory.mktemp("scorer")
    return write_transformer(reference, "bert", folder, kind="ForSequenceClassification", num_labels=1)


def changed(source, target, file, fields):
    """Copy a cross-encoder with these fields in a file."""
    shutil.copytree(source, target)
    before = json.loads((target / file).read_text()) if (target / file).exists() else {}
    (target / file).write_text(json.dumps(before | fields))
    return target


@pytest.mark.parametrize(
    ("file", "fields", "problem"),
    [
        ("config.json", {"architectures": ["BertModel"]}, "architectures is BertModel; a cross-encoder is a"),
        ("config.json", {"position_embedding_type": "relative_key"}, "position_embedding_type"),
        ("sentence_bert_config.json", {"transformer_task": "text-generation"}, "transformer_task is 'text-generation'"),
        ("sentence_bert_config.json", {"do_lower_case": True}, "do_lower_case is True"),
        ("sentence_bert_config.json", {"later": 1}, "'later' \\(1\\) is not known"),
        (
            "config_sentence_transformers.json",
            {"default_prompt_name": "query", "prompts": {"query": "Find: "}},
            "the default prompt 'query' is not supported",
        ),
    ],
)
def test_what_would_change_the_logits_is_refused(scorer, tmp_path, file, fields, problem):
    target = changed(scorer, tmp_path / "changed", file, fields)
    with pytest.raises(DataError, match=problem):
        PairModel(read_checkpoint(target))


WHOLE = "expected a positive whole number, found"


@pytest.mark.parametrize(
    ("file", "fields", "problem"),
    [
        ("config.json", {"id2label": ["a"]}, "id2label: expected an object, found list"),
        ("config.json", {"id2label": "a"}, "id2label: expected an object, found str"),
        ("config.json", {"id2label": None, "num_labels": "2"}, f"num_labels: {WHOLE} '2'"),
        ("config.json", {"id2label": None, "num_labels": None}, f"num_labels: {WHOLE} None"),
        ("config.json", {"id2label": None, "num_labels": 0}, f"num_labels: {WHOLE} 0"),
        ("config.json", {"architectures": "BertModel"}, "architectures: expected a list of strings, found 'BertModel'"),
        ("config.json", {"architectures": [3]}, "architectures: expected a list of strings, found [3]"),
        ("config_sentence_transformers.json", {"prompts": ["q"]}, "prompts: expected an object, found list"),
        ("sentence_bert_config.json", {"max_seq_length": "40"}, "max_seq_length: expected a number of tokens, found"),
    ],
)
def test_values_of_other_types_are_named_in_one_line(scorer, tmp_path, file, fields, problem):
    target = changed(scorer, tmp_path / "changed", file, fields)
    with pytest.raises(DataError) as raised:
        PairModel(read_checkpoint(target))
    assert str(raised.value).startswith(f"{target}/{file}: {problem}")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "content", ["{}", "[1]", '["Transformer"]', '[{"type": "a"}]', '[{"path": "", "type": 3}]', "3"]
)
def test_a_damaged_list_of_modules_is_named(scorer, tmp_path, content):
    target = shutil.copytree(scorer, tmp_path / "changed")
    (target / "modules.json").write_text(content)
    with pytest.raises(DataError, match=r"modules\.json: "):
        PairModel(read_checkpoint(target))


@pytest.mark.parametrize("activation", [["gelu"], 3, None])
def test_an_activation_of_modernbert_that_is_no_name_is_refused(reference, tmp_path, activation):
    source = write_transformer(reference, "modernbert", tmp_path / "a", kind="ForSequenceClassification", num_labels=1)
    target = changed(source, tmp_path / "changed", "config.json", {"classifier_activation": activation})
    with pytest.raises(DataError, match=r"config\.json: classifier_activation '.*' is not supported"):
        PairModel(read_checkpoint(target))


@pytest.mark.parametrize(
    ("file", "fields", "problem"),
    [
        ("config.json", {"hidden_size": None}, f"hidden_size: {WHOLE} None"),
        ("config.json", {"hidden_size": "32"}, f"hidden_size: {WHOLE} '32'"),
        ("config.json", {"type_vocab_size": "2"}, f"type_vocab_size: {WHOLE} '2'"),
        ("config.json", {"max_position_embeddings": None}, f"max_position_embeddings: {WHOLE} None"),
        ("tokenizer_config.json", {"model_max_length": "40"}, "model_max_length: expected a number of tokens, found"),
    ],
)
def test_training_names_values_of_other_types_in_one_line(scorer, tmp_path, file, fields, problem):
    target = changed(scorer, tmp_path / "changed", file, fields)
    with pytest.raises(DataError) as raised:
        initial_checkpoint(read_checkpoint(target), 24, 0)
    assert str(raised.value).startswith(f"{target}/{file}: {problem}")
    assert "\n" not in str(raised.value)


def test_training_names_a_head_without_its_bias(scorer, tmp_path):
    target = shutil.copytree(scorer, tmp_path / "changed")
    weights = load_file(target / "model.safetensors")
    del weights["classifier.bias"]
    save_file(weights, target / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(DataError, match=r"no tensor 'classifier\.bias'"):
        initial_checkpoint(read_checkpoint(target), 24, 0)
