"""The tokenizers in the graph against those of transformers, family by family."""

import json
import random
from collections.abc import Callable
from pathlib import Path

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from benchmarks.reference.client import Reference
from tests.vitrine.encoders.small_tokenizers import CORPUS, MAKERS, write_tokenizer
from vitrine.encoders.checkpoint import FILES, Checkpoint
from vitrine.encoders.tokenization.definition import DefinedTokenizer, read_tokenizer
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.errors import DataError

LIMIT = 64
MASK = {"content": "<mask>", "rstrip": False, "normalized": False, "single_word": False}


class Pair:
    """The tokenizer of a directory, in the graph and as transformers runs it."""

    def __init__(self, directory: Path, reference: Reference, max_tokens: int = LIMIT):
        files = {name: (directory / name).read_bytes() for name in FILES if (directory / name).is_file()}
        self.checkpoint = Checkpoint(str(directory), files, {})
        family = self.checkpoint.json("config.json")["model_type"]
        self.directory, self.reference, self.max_tokens = directory, reference, max_tokens
        self.tokenizer = read_tokenizer(self.checkpoint, family)
        self.module = TextTokenizer(DefinedTokenizer.of(self.tokenizer), max_tokens)
        spec = [tf.TensorSpec([None], tf.string)]
        self.module.served = tf.function(self.module.__call__, input_signature=spec, autograph=False)

    def ids(self, texts: list[str]) -> list[list[int]]:
        ids: list[list[int]] = self.module.served(tf.constant([text.encode() for text in texts], tf.string)).to_list()
        return ids

    def differences(self, texts: list[str]) -> list[tuple[str, list[int], list[int]]]:
        texts = sorted(texts, key=len)
        ours = [row for start in range(0, len(texts), 256) for row in self.ids(texts[start : start + 256])]
        theirs = self.reference(
            "text_encoders.tokens", directory=self.directory, texts=texts, max_tokens=self.max_tokens
        )
        return [(text, *ids) for text, *ids in zip(texts, ours, theirs, strict=True) if ids[0] != ids[1]]


@pytest.fixture(scope="module", params=list(MAKERS))
def pair(request, reference, tmp_path_factory) -> Pair:
    directory = tmp_path_factory.mktemp(request.param)
    write_tokenizer(request.param, directory)
    return Pair(directory, reference)


@pytest.fixture(scope="session")
def mixtures() -> list[str]:
    """2,000 texts of words and letters of a dozen scripts, white space, marks and special tokens."""
    choose = random.Random(11)
    words = " ".join(CORPUS).split()
    spaces = [" ", "  ", "    ", "\n", "\u3000", "\u00a0", "\t ", ""]
    special = ["<mask>", " <mask> ", "[MASK]", "<s>", "</s>", "<unk>", "[SEP]", "<pad>", "450ml", "▁", "▁▁"]
    marks = ["\u0301", "\u0308", "\u0323", "\u200d", "\u00ad", "\u0334"]

    def part() -> str:
        kind = choose.random()
        if kind < 0.4:
            return choose.choice(words)
        if kind < 0.7:
            return "".join(choose.choice(choose.choice(words)) for _ in range(choose.randrange(1, 12)))
        if kind < 0.8:
            return choose.choice(words)[:2] + choose.choice(marks) + choose.choice(marks)
        return choose.choice(special if kind < 0.9 else spaces)

    return [
        "".join(part() + choose.choice([*spaces[:2], ""]) for _ in range(choose.randrange(12))) for _ in range(2000)
    ]


def test_texts_of_a_dozen_scripts_get_the_ids_of_transformers(pair, mixtures):
    assert pair.differences(CORPUS + mixtures) == []


def test_difficult_texts_get_the_ids_of_transformers(pair, strings):
    assert pair.differences(strings) == []


@settings(max_examples=40)
@given(st.lists(st.text(max_size=50), min_size=1, max_size=10))
def test_any_batch_gets_the_ids_of_transformers(pair, texts):
    assert pair.differences(texts) == []


@settings(max_examples=40)
@given(st.lists(st.text("ab▁ \n'sé\u0301猫", max_size=60), min_size=1, max_size=10))
def test_repetitive_texts_get_the_ids_of_transformers(pair, texts):
    assert pair.differences(texts) == []


def test_every_character_gets_the_ids_of_transformers(pair, every_character):
    short = [text[start : start + 40] for text in every_character for start in range(0, 200, 40)]
    assert Pair(pair.directory, pair.reference, max_tokens=512).differences(short) == []


def test_served_ids_need_no_python(pair, strings, tmp_path):
    texts = tf.constant([text.encode() for text in strings[:200]])
    tf.saved_model.save(pair.module, str(tmp_path))
    served = tf.saved_model.load(str(tmp_path))
    assert served.served(texts).to_list() == pair.module.served(texts).to_list()
    graph = pair.module.served.get_concrete_function().graph.as_graph_def()
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    assert not [node.op for node in nodes if "PyFunc" in node.op]


@pytest.mark.parametrize(
    ("family", "rules"),
    [
        ("bert", {"do_lower_case": False}),
        ("bert", {"do_lower_case": False, "strip_accents": True}),
        ("bert", {"do_lower_case": True, "strip_accents": False}),
        ("bert", {"tokenize_chinese_chars": False}),
        ("roberta", {"add_prefix_space": True}),
        ("xlm-roberta", {"tokenizer_class": "PreTrainedTokenizerFast"}),
        ("bert", {"tokenizer_class": "PreTrainedTokenizerFast"}),
        ("bert", {"tokenizer_class": None}),
        ("roberta", {"mask_token": {"__type": "AddedToken", "lstrip": True, **MASK}}),
    ],
    ids=str,
)
def test_rules_are_followed(reference, tmp_path, mixtures, family, rules):
    write_tokenizer(family, tmp_path, **rules)
    assert Pair(tmp_path, reference).differences(CORPUS + mixtures[:500]) == []


@pytest.mark.parametrize("family", ["bert", "roberta", "xlm-roberta"])
def test_words_that_a_shop_added_are_tokens(reference, tmp_path, mixtures, family):
    write_tokenizer(family, tmp_path)
    tokenizer = Tokenizer.from_file(str(tmp_path / "tokenizer.json"))
    tokenizer.add_tokens(["450ml", "Größe", "RED mug"])
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    texts = ["a 450ml b", "die Größe", "die große GRÖSSE", "a RED mug", "a red mug", "red mugs450ML"]
    assert Pair(tmp_path, reference).differences(texts + mixtures[:300]) == []


def test_a_vocabulary_may_have_windows_line_ends(reference, tmp_path):
    tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "red", "##s", "mug"]
    (tmp_path / "vocab.txt").write_bytes("\r\n".join([*tokens, ""]).encode())
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer"}))
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    pair = Pair(tmp_path, reference)
    assert pair.ids(["red mugs"]) == [[2, 5, 7, 6, 3]]
    assert pair.differences(["red mugs", "x [SEP]"]) == []


@pytest.mark.parametrize("rules", [{}, {"additional_special_tokens": ["red"]}], ids=str)
def test_roberta_is_read_from_its_vocabulary_and_merges(reference, tmp_path, mixtures, rules):
    write_tokenizer("roberta", tmp_path, **rules)
    model = json.loads((tmp_path / "tokenizer.json").read_text())["model"]
    (tmp_path / "tokenizer.json").unlink()
    (tmp_path / "vocab.json").write_text(json.dumps(model["vocab"]))
    merges = ["#version: 0.2", *(" ".join(pair) for pair in model["merges"])]
    (tmp_path / "merges.txt").write_text("\n".join(merges))
    assert Pair(tmp_path, reference).differences(CORPUS + mixtures[:300]) == []


def test_the_class_s_rules_count_not_those_of_the_file(reference, tmp_path, mixtures):
    write_tokenizer("bert", tmp_path)
    definition = json.loads((tmp_path / "tokenizer.json").read_text())
    definition["normalizer"] = None
    (tmp_path / "tokenizer.json").write_text(json.dumps(definition))
    assert Pair(tmp_path, reference).differences([*CORPUS, "RED Mug"]) == []
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast"}))
    assert Pair(tmp_path, reference).differences([*CORPUS, "RED Mug"]) == []


def test_a_long_text_is_cut_and_keeps_its_end_token(pair):
    ids = pair.ids(["mug " * 400, "", "x" * 20_000])
    assert [len(row) for row in ids[:2]] == [LIMIT, 2]
    assert {row[-1] for row in ids} == set(pair.module.end)


Change = Callable[[dict], object]


@pytest.mark.parametrize(
    ("family", "change", "message"),
    [
        ("modernbert", lambda d: d.update(normalizer={"type": "NFKD"}), "the normalizer NFKD is not supported"),
        ("modernbert", lambda d: d.update(pre_tokenizer={"type": "Whitespace"}), "the pre_tokenizer Whitespace is not"),
        ("modernbert", lambda d: d["model"].update(ignore_merges=True), "model.ignore_merges is True"),
        ("modernbert", lambda d: d["added_tokens"][-1].update(single_word=True), "'single_word': true"),
        (
            "modernbert",
            lambda d: d.update(model={"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}),
            "",
        ),
    ],
)
def test_parts_that_are_not_supported_are_named(tmp_path, family, change: Change, message):
    write_tokenizer(family, tmp_path)
    definition = json.loads((tmp_path / "tokenizer.json").read_text())
    change(definition)
    (tmp_path / "tokenizer.json").write_text(json.dumps(definition))
    with pytest.raises(DataError) as raised:
        Pair(tmp_path, None)
    assert message in str(raised.value)
