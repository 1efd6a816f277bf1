"""CLIP's tokenizer in the graph against the one of transformers."""

import gzip
import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.reference.client import Reference
from vitrine.encoders.checkpoint import FILES, Checkpoint
from vitrine.encoders.clip.byte_pair_encoding import byte_letters
from vitrine.encoders.clip.tokenizer import END, START, ClipTokenizer, clip_vocabulary
from vitrine.errors import DataError


class Pair:
    """The tokenizer of a directory, in the graph and as transformers runs it."""

    def __init__(self, directory: Path, reference: Reference, max_tokens: int = 77):
        files = {name: (directory / name).read_bytes() for name in FILES if (directory / name).is_file()}
        self.directory, self.reference, self.max_tokens = directory, reference, max_tokens
        self.vocabulary = clip_vocabulary(Checkpoint(str(directory), files, {}))
        self.module = ClipTokenizer(self.vocabulary, max_tokens)
        self.module.ids = tf.function(self.module.__call__, input_signature=[tf.TensorSpec([None], tf.string)])

    def ids(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self.module.ids(tf.constant([text.encode() for text in texts], tf.string)).to_list()
        return ids

    def differences(self, texts: list[str]) -> list[tuple[str, list[int], list[int]]]:
        texts = sorted(texts, key=len)
        batches = [texts[start : start + 256] for start in range(0, len(texts), 256)]
        ours = [
            row
            for batch in batches
            for row in self.module.ids(tf.constant([text.encode() for text in batch])).to_list()
        ]
        theirs = self.reference("clip.tokens", directory=self.directory, texts=texts, max_tokens=self.max_tokens)
        return [(text, *ids) for text, *ids in zip(texts, ours, theirs, strict=True) if ids[0] != ids[1]]


@pytest.fixture(scope="module")
def pair(clip_tokenizer_directory, reference):
    return Pair(clip_tokenizer_directory, reference)


def test_a_text_gets_the_ids_of_transformers(pair, strings):
    assert pair.differences(strings) == []


def test_every_character_gets_the_ids_of_transformers(clip_tokenizer_directory, reference, every_character):
    assert Pair(clip_tokenizer_directory, reference, max_tokens=2_000).differences(every_character) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=50), min_size=1, max_size=10))
def test_any_batch_gets_the_ids_of_transformers(pair, texts):
    assert pair.differences(texts) == []


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text("ab!'s 1é\u0301<|endoftext|>", max_size=80), min_size=1, max_size=10))
def test_repetitive_words_get_the_ids_of_transformers(pair, texts):
    assert pair.differences(texts) == []


def test_a_long_text_is_cut_and_keeps_its_end_token(pair):
    ids = pair.ids(["mug " * 200, ""])
    assert [len(row) for row in ids] == [77, 2]
    assert ids[0][-1] == ids[1][-1] == pair.vocabulary.ids[END]


def test_no_text_gives_no_ids(pair):
    assert pair.ids([]) == []


def test_special_tokens_flagged_normalized_are_found_after_lower_casing(clip_tokenizer_directory, reference, tmp_path):
    definition = json.loads((clip_tokenizer_directory / "tokenizer.json").read_text())
    definition["added_tokens"][0]["normalized"] = True  # as in openai/clip-vit-base-patch32
    (tmp_path / "tokenizer.json").write_text(json.dumps(definition))
    for name in ("tokenizer_config.json", "config.json"):
        (tmp_path / name).write_text(json.dumps({"tokenizer_class": "CLIPTokenizer", "model_type": "clip"}))
    flagged = Pair(tmp_path, reference)
    assert flagged.differences(["<|STARTOFTEXT|>x", "<|ENDOFTEXT|>!!", "a<|startoftext|>\u0338"]) == []
    start = flagged.vocabulary.ids[START]
    assert flagged.ids(["<|StartOfText|>"])[0][:2] == [start, start]


def test_it_is_read_from_vocab_and_merges_alike(pair, clip_tokenizer_directory, strings):
    tokens = {"vocab.json": json.dumps(pair.vocabulary.ids).encode(), "merges.txt": merges_file(pair.vocabulary.merges)}
    vocabulary = clip_vocabulary(Checkpoint("here", tokens, {}))
    assert vocabulary == pair.vocabulary


def test_served_ids_need_no_python(pair, strings, tmp_path):
    texts = tf.constant([text.encode() for text in strings[:300]])
    tf.saved_model.save(pair.module, str(tmp_path))
    served = tf.saved_model.load(str(tmp_path))
    assert served.ids(texts).to_list() == pair.module.ids(texts).to_list()
    graph = pair.module.ids.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    assert not [node.op for node in nodes if "PyFunc" in node.op]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "here/vocab.json: no such file"),
        ({"tokenizer.json": b"{"}, "here/tokenizer.json: not a tokenizer"),
        (
            {"vocab.json": b'{"a": 0, "<|startoftext|>": 1, "<|endoftext|>": 2}', "merges.txt": b"a b"},
            "not a tokenizer",
        ),
        ({"vocab.json": b'{"a": 0, "<|endoftext|>": 1}', "merges.txt": b""}, "no token <|startoftext|>"),
    ],
)
def test_unreadable_files_are_named(files, message):
    with pytest.raises(DataError) as raised:
        clip_vocabulary(Checkpoint("here", files, {}))
    assert message in str(raised.value)


def changed(directory: Path, change: Callable[[dict], object], **config: object) -> Checkpoint:
    """Return the files of a tokenizer whose definition is changed, with `config` as the tokenizer's settings."""
    definition = json.loads((directory / "tokenizer.json").read_text(encoding="utf-8"))
    change(definition)
    files = {"tokenizer.json": definition, "tokenizer_config.json": config}
    return Checkpoint("here", {name: json.dumps(content).encode() for name, content in files.items()}, {})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda file: file["normalizer"]["normalizers"].pop(), "the normalizer is not CLIP's"),
        (lambda file: file.update(normalizer=None), "the normalizer is not CLIP's"),
        (
            lambda file: file["pre_tokenizer"]["pretokenizers"][0].update(invert=False),
            "the pre_tokenizer is not CLIP's",
        ),
        (lambda file: file.update(post_processor=None), "the post_processor is not CLIP's"),
        (lambda file: file["model"].update(dropout=0.1), "model.dropout 0.1 is not supported"),
        (lambda file: file["model"].update(ignore_merges=True), "model.ignore_merges True is not supported"),
        (lambda file: file["added_tokens"][0].update(lstrip=True), "has 'lstrip', which is not supported"),
    ],
)
def test_a_tokenizer_unlike_clip_s_is_refused(clip_tokenizer_directory, change, message):
    with pytest.raises(DataError) as raised:
        clip_vocabulary(changed(clip_tokenizer_directory, change))
    assert f"here/tokenizer.json: {message}" in str(raised.value).replace("the added token '<|startoftext|>' ", "")


def test_the_pattern_of_words_of_older_files_is_clip_s_too(clip_tokenizer_directory, pair):
    def older(definition: dict) -> None:
        pattern = definition["pre_tokenizer"]["pretokenizers"][0]["pattern"]
        pattern["Regex"] = pattern["Regex"].removeprefix(r"<\|startoftext\|>|<\|endoftext\|>|")

    assert clip_vocabulary(changed(clip_tokenizer_directory, older)) == pair.vocabulary


@pytest.mark.parametrize(
    ("config", "message"),
    [
        ({"tokenizer_class": "BertTokenizer"}, "tokenizer_class 'BertTokenizer' is not supported; CLIPTokenizer is"),
        ({"do_lower_case": False}, "do_lower_case False is not supported; True is"),
        ({"truncation_side": "left"}, "truncation_side 'left' is not supported; 'right' is"),
        ({"model_max_length": "77"}, "model_max_length: expected a number of tokens, found '77'"),
        ({"model_max_length": -1}, "model_max_length: expected a number of tokens, found -1"),
        ({"added_tokens_decoder": ["<new>"]}, "added_tokens_decoder is not an object of tokens with 'content'"),
        ({"added_tokens_decoder": {"900": {"content": "<new>"}}}, "the added token '<new>' (900) is not in"),
    ],
)
def test_settings_that_change_ids_are_refused(clip_tokenizer_directory, config, message):
    with pytest.raises(DataError) as raised:
        clip_vocabulary(changed(clip_tokenizer_directory, len, **config))
    assert f"here/tokenizer_config.json: {message}" in str(raised.value)


def test_a_shorter_limit_of_the_tokenizer_counts(clip_tokenizer_directory):
    vocabulary = clip_vocabulary(changed(clip_tokenizer_directory, len, model_max_length=16))
    assert ClipTokenizer(vocabulary, 77)(tf.constant(["mug " * 50])).row_lengths().numpy().tolist() == [16]
    for none in (int(1e30), 1e30, None):
        assert clip_vocabulary(changed(clip_tokenizer_directory, len, model_max_length=none)).max_tokens is None


def test_the_released_vocabulary_gets_the_ids_of_transformers(reference, strings, tmp_path):
    root = os.environ.get("VITRINE_REAL_DATA")
    if not root:
        pytest.skip("VITRINE_REAL_DATA is not set: the released CLIP vocabulary is not at hand")
    with gzip.open(Path(root) / "clip" / "bpe_simple_vocab_16e6.txt.gz", "rt", encoding="utf-8") as file:
        lines = file.read().split("\n")[1 : 49_152 - 256 - 2 + 1]  # the rest is cut off by CLIP, too
    merges = [(first, second) for first, second in map(str.split, lines)]
    letters = byte_letters()
    # CLIP numbers the letters as GPT-2 listed them: the printable ones first.
    letters.sort(key=lambda letter: (ord(letter) >= 0x100, ord(letter)))
    tokens = [*letters, *(f"{letter}</w>" for letter in letters), *(a + b for a, b in merges), START, END]
    (tmp_path / "vocab.json").write_text(json.dumps({token: index for index, token in enumerate(tokens)}))
    (tmp_path / "merges.txt").write_bytes(merges_file(merges))
    released = Pair(tmp_path, reference)
    assert released.module.ids(tf.constant(["a photo of a cat"])).to_list() == [
        [49406, 320, 1125, 539, 320, 2368, 49407]
    ]
    crowdflower = (Path(root) / "crowdflower").glob("*.csv")
    listed = [line[:300] for path in sorted(crowdflower) for line in path.read_text(errors="replace").split("\n")]
    assert released.differences(strings + listed[:3_000]) == []


def merges_file(merges: list[tuple[str, str]]) -> bytes:
    return "\n".join(["#version: 0.2", *map(" ".join, merges), ""]).encode()
