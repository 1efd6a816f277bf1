"""Gemma's tokenizer in the graph against transformers."""

import json
import shutil

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.loading import load_encoder
from vitrine.encoders.siglip.text_input import SETTINGS, text_input
from vitrine.errors import DataError

FILE = "tokenizer.json"
CORPUS = ["red striped mug", "blue ceramic plates, set of 4", "the dog's bowl", "café crème", "マグカップ"]
SIGLIP_2 = {"add_bos_token": False, "add_eos_token": True, "padding_side": "right", "model_input_names": ["input_ids"]}
TEXTS = ["Red striped mug", "", "Café  crème 猫 😀", "long " * 200, "a<eos>b <pad>"]


def read(directory, positions=64):
    files = {name: (directory / name).read_bytes() for name in (FILE, SETTINGS)}
    return text_input(Checkpoint("here", files, {}), positions)


class Pair:
    """The tokenizers of a directory, here and in transformers."""

    def __init__(self, directory, reference, positions=64):
        self.tokenizer, self.padding, _ = read(directory, positions)
        self.directory, self.reference, self.positions = directory, reference, positions

    def differences(self, texts):
        ids, _ = self.padding(self.tokenizer(tf.constant([text.encode() for text in texts], tf.string)))
        theirs = self.reference("siglip.tokens", directory=self.directory, texts=texts, max_length=self.positions)
        pairs = zip(texts, ids.numpy().tolist(), theirs, strict=True)
        return [(text, *ids) for text, *ids in pairs if ids[0] != ids[1]]


@pytest.fixture(scope="module")
def directory(reference, tmp_path_factory):
    target = tmp_path_factory.mktemp("gemma")
    options = {"texts": CORPUS * 3, "size": 380, "kind": "Siglip2Tokenizer"}
    reference("siglip.write_gemma_tokenizer", directory=target, **options, **SIGLIP_2)
    return target


@pytest.fixture(scope="module")
def pair(directory, reference):
    return Pair(directory, reference)


def test_a_text_gets_the_ids_of_transformers(pair, strings):
    assert pair.differences(strings) == []


def test_every_character_gets_the_ids_of_transformers(directory, reference, every_character):
    assert Pair(directory, reference, positions=900).differences(every_character) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab ▁_'mug\t\n\x00é<eos>", max_size=60), min_size=1, max_size=10))
def test_any_batch_gets_the_ids_of_transformers(pair, texts):
    assert pair.differences(texts) == []


@pytest.mark.parametrize("options", [{}, SIGLIP_2, {"add_bos_token": True, "add_eos_token": True}])
@pytest.mark.parametrize("kind", ["Siglip2Tokenizer", "GemmaTokenizer"])
def test_ends_sides_and_case_are_those_of_the_files(reference, tmp_path, kind, options):
    texts = {"texts": CORPUS, "size": 340, "kind": kind}
    reference("siglip.write_gemma_tokenizer", directory=tmp_path, **texts, **options)
    assert Pair(tmp_path, reference).differences(TEXTS) == []


def test_texts_are_in_lower_case_where_the_settings_say_so(reference, tmp_path):
    options = {"texts": CORPUS, "size": 340, "kind": "GemmaTokenizer", "do_lower_case": True}
    reference("siglip.write_gemma_tokenizer", directory=tmp_path, **options, **SIGLIP_2)
    tokenizer = read(tmp_path).tokenizer
    assert tokenizer(tf.constant(["Red MUG"])).to_list() == tokenizer(tf.constant(["red mug"])).to_list()


@pytest.mark.parametrize("masked", [True, False])
def test_vectors_are_those_of_transformers(directory, make_siglip, reference, tmp_path, masked):
    checkpoint = make_siglip(tmp_path / "siglip", text={"vocab_size": 400})
    (checkpoint / "spiece.model").unlink()
    shutil.copy(directory / FILE, checkpoint)
    fields = json.loads((directory / SETTINGS).read_text())
    names = ["input_ids", "attention_mask"] if masked else ["input_ids"]
    (checkpoint / SETTINGS).write_text(json.dumps(fields | {"model_input_names": names}))
    encoder = load_encoder(checkpoint)
    theirs = reference("siglip.embed_texts", directory=checkpoint, texts=TEXTS)
    np.testing.assert_allclose(encoder.encode_text(TEXTS), theirs, atol=1e-5)
    tf.saved_model.save(encoder.module, str(tmp_path / "served"))
    served = tf.saved_model.load(str(tmp_path / "served"))
    np.testing.assert_allclose(served.embed_text(tf.constant(TEXTS)), theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file["model"].update(byte_fallback=False), "model.byte_fallback False is not supported"),
        (lambda file: file.update(normalizer={"type": "NFC"}), "the normalizer is not Gemma's"),
        (lambda file: file.update(normalizer=None), "the normalizer is not Gemma's"),
        (
            lambda file: file.update(
                post_processor={"type": "BertProcessing", "sep": ["<eos>", 1], "cls": ["<bos>", 2]}
            ),
            "the post_processor BertProcessing is not supported; a template is",
        ),
        (lambda file: file.update(pre_tokenizer={"type": "Whitespace"}), "the pre_tokenizer is not Gemma's"),
        (lambda file: file["added_tokens"][0].update(lstrip=True), "has 'lstrip', which is not supported"),
        (lambda file: file["model"]["merges"].append(["a", "▁"]), "the merge of 'a' and '▁' crosses words"),
    ],
)
def test_a_tokenizer_unlike_gemma_s_is_refused(directory, tmp_path, change, message):
    copy = shutil.copytree(directory, tmp_path / "changed")
    definition = json.loads((copy / FILE).read_text())
    definition["model"]["vocab"]["a▁"] = len(definition["model"]["vocab"])
    change(definition)
    (copy / FILE).write_text(json.dumps(definition))
    with pytest.raises(DataError) as raised:
        read(copy)
    assert message in str(raised.value)


def test_an_added_token_that_only_the_settings_have_is_refused(directory, tmp_path):
    copy = shutil.copytree(directory, tmp_path / "changed")
    fields = json.loads((copy / SETTINGS).read_text())
    (copy / SETTINGS).write_text(json.dumps(fields | {"added_tokens_decoder": {"999": {"content": "<brand>"}}}))
    with pytest.raises(DataError, match=r"no added token '<brand>' \(999\), which tokenizer_config\.json has"):
        read(copy)
