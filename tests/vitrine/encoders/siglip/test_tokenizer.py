"""SigLIP's tokenizer in the graph against transformers and the SentencePiece library."""

import json
import shutil

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.siglip.text_input import SETTINGS, text_input
from vitrine.encoders.siglip.tokenizer import FILE


class Pair:
    """The tokenizers of a directory, here and in transformers."""

    def __init__(self, directory, reference):
        files = {name: (directory / name).read_bytes() for name in (FILE, SETTINGS)}
        self.tokenizer, self.padding, _ = text_input(Checkpoint("here", files, {}), 64)
        self.directory, self.reference = directory, reference

    def differences(self, texts):
        ids, _ = self.padding(self.tokenizer(tf.constant([text.encode() for text in texts], tf.string)))
        ours = ids.numpy().tolist()
        theirs = self.reference("siglip.tokens", directory=self.directory, texts=texts)
        return [(text, *ids) for text, *ids in zip(texts, ours, theirs, strict=True) if ids[0] != ids[1]]


@pytest.fixture(scope="module")
def pair(siglip_tokenizer_directory, reference):
    return Pair(siglip_tokenizer_directory, reference)


def test_a_text_gets_the_ids_of_transformers(pair, strings):
    assert pair.differences(strings) == []


def test_every_character_gets_the_ids_of_transformers(pair, every_character):
    pieces = [text[start : start + 15] for text in every_character for start in range(0, len(text), 15)]
    assert pair.differences(pieces) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab ▁_'sΣσΑ.</s>unk\t\u0301mug", max_size=40), min_size=1, max_size=10))
def test_any_batch_gets_the_ids_of_transformers(pair, texts):
    assert pair.differences(texts) == []


def test_case_is_kept_where_the_settings_say_so(siglip_tokenizer_directory, reference, tmp_path):
    directory = shutil.copytree(siglip_tokenizer_directory, tmp_path / "cased")
    fields = json.loads((directory / SETTINGS).read_text())
    (directory / SETTINGS).write_text(json.dumps(fields | {"do_lower_case": False}))
    cased = Pair(directory, reference)
    assert cased.differences(["Red MUG", "ΟΔΟΣ οδος", ""]) == []
    ids = cased.tokenizer(tf.constant(["RED", "red"])).to_list()
    assert ids[0] != ids[1]
