"""Strings on which tokenizers disagree, small tokenizers, and tiny random CLIP checkpoints of transformers."""

import json
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tokenizers.trainers import BpeTrainer

from benchmarks.reference.client import Reference
from vitrine.encoders.clip.byte_pair_encoding import END_OF_WORD, byte_letters
from vitrine.encoders.clip.tokenizer import END, START, SpecialToken, clip_tokenizer

KNOWN_CASES = [
    "",
    " ",
    "\t\r\n\v\f\x85\u2028\u00a0\u3000",
    "red striped mug, 350ml (pack of 2)",
    "it's the dog's; they'll we've I'm you'd 'tis 'S O'Neill rock'n'roll ''s 'ré '",
    "12345 3½ Ⅷ ٣ 1,000.50€ 5'8\"",
    "<b>Caf&eacute;</b> &amp; &lt;crème&#233;&gt; &nbsp;",
    "naïve Ångström ÉCLAIR Straße ΣΑΣ ΟΔΟΣ İstanbul ǅ ﬁ Kelvin K ſ",
    "e\u0301 a\u0308\u0323 \u1e9b\u0323 q\u0307\u0323 \u0958 \ufb1d \u0344 ≠ =\u0338 >\u0338",
    "日本語のマグカップ 中文字 한국어 각각 ไทย हिन्दी العربية עברית 𠀀𪜶",
    "😀👍🏽👨‍👩‍👧🇩🇪❤️ 😂😂😂😂😂😂😂😂😂",
    "a\x00b\x01c\x7fd\x9fe\u200bf\u200dg\u202eh\ufeffi\ufffdj\ufffek\ue000l\U000fffffm\U0010ffff",
    "x\u0334\u0c3c x\u0c3c\u0334 \U00011935\U00011930 \U0001611e\U0001611e \U000105d2\u0307 d\u0307",
    "<|startoftext|> a <|endoftext|>b<|endoftext|>",
    "<|STARTOFTEXT|> <|EndOfText|>!! !<|ENDOFTEXT|>",
    "[CLS] a [SEP]b[MASK] [UNK][PAD] [cls] [ SEP ]",
    "supercalifragilisticexpialidocious" * 3,
    "a" * 99 + " " + "b" * 100 + " " + "c" * 101 + " " + "é" * 100 + " " + "é" * 101,
    "a" * 10_000,
    "ab" * 5_000,
    "-" * 5_000 + "!?" * 500,
    "word " * 5_000,
]


@pytest.fixture(scope="session")
def strings() -> list[str]:
    """Known difficult strings, and 4,000 random mixtures of ASCII, combining marks and all of Unicode."""
    choose = random.Random(20)
    letters = "abcdeABC .,'!-#[]<|>12  \t\nst'"
    marks = [*map(chr, range(0x300, 0x370)), "\u0c3c", "\u1dfa", "\u20d0"]

    def char() -> str:
        kind = choose.random()
        if kind < 0.6:
            return choose.choice(letters)
        if kind < 0.7:
            return choose.choice(marks)
        top = 0x800 if kind < 0.8 else 0x20000 if kind < 0.95 else sys.maxunicode + 1
        point = choose.randrange(top)
        return "?" if 0xD800 <= point < 0xE000 else chr(point)

    return KNOWN_CASES + ["".join(char() for _ in range(choose.randrange(80))) for _ in range(4_000)]


@pytest.fixture(scope="session")
def every_character() -> list[str]:
    """Every code point of the planes in use and a tenth of the others, in order, 200 to a string."""
    points = [point for point in range(0x34000) if not 0xD800 <= point < 0xE000]
    points += [*range(0x34000, 0xE0000, 10), *range(0xE0000, 0xE0200), *range(0xF0000, 0x110000, 10)]
    points += [*range(0xFFF00, 0x100000), *range(0x10FF00, 0x110000)]
    return ["".join(map(chr, points[start : start + 200])) for start in range(0, len(points), 200)]


@pytest.fixture(scope="session")
def clip_tokenizer_directory(tmp_path_factory: pytest.TempPathFactory, reference: Reference) -> Path:
    """A small CLIP tokenizer in Hugging Face's layout, learnt from a few words."""
    corpus = ["red striped mug with a handle", "blue ceramic plates, set of 4", "the dog's bowl is steel", "café crème"]
    letters = [letter + suffix for suffix in ("", END_OF_WORD) for letter in byte_letters()]
    special = [SpecialToken(token, special=True) for token in (START, END)]
    tokenizer = clip_tokenizer({token: index for index, token in enumerate([*letters, START, END])}, [], special)
    trainer = BpeTrainer(vocab_size=700, special_tokens=letters, end_of_word_suffix=END_OF_WORD, show_progress=False)
    tokenizer.train_from_iterator(corpus * 2, trainer)
    merges = [(first, second) for first, second in json.loads(tokenizer.to_str())["model"]["merges"]]
    tokens = dict.fromkeys([*letters, *(first + second for first, second in merges), START, END])
    directory = tmp_path_factory.mktemp("clip_tokenizer")
    vocabulary = {token: index for index, token in enumerate(tokens)}
    reference("clip.write_tokenizer", directory=directory, vocabulary=vocabulary, merges=merges)
    return directory


SIZE = 32
"""Side of the model's input images, in pixels."""


@pytest.fixture(scope="session")
def make_checkpoint(clip_tokenizer_directory: Path, reference: Reference) -> Callable[..., Path]:
    """A function that writes a checkpoint; `end` is the `eos_token_id`, by default the tokenizer's."""

    def make(directory: Path, activation: str = "quick_gelu", end: int | None = None, seed: int = 0) -> Path:
        ids = json.loads((clip_tokenizer_directory / "tokenizer.json").read_text(encoding="utf-8"))["model"]["vocab"]
        layers = {"num_hidden_layers": 2, "num_attention_heads": 4, "hidden_act": activation}
        text = {"vocab_size": len(ids), "hidden_size": 32, "intermediate_size": 48, "max_position_embeddings": 77}
        text |= {"bos_token_id": ids[START], "eos_token_id": ids[END] if end is None else end}
        vision = {"hidden_size": 40, "intermediate_size": 56, "image_size": SIZE, "patch_size": 8}
        config = {"text_config": text | layers, "vision_config": vision | layers, "projection_dim": 24}
        sizes = {"size": {"shortest_edge": SIZE}, "crop_size": {"height": SIZE, "width": SIZE}}
        shutil.copytree(clip_tokenizer_directory, directory, dirs_exist_ok=True)
        reference("clip.write_model", directory=directory, config=config, processor=sizes, seed=seed, noise=0.1)
        return directory

    return make


@pytest.fixture(scope="session")
def checkpoint_directory(make_checkpoint: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_checkpoint(tmp_path_factory.mktemp("clip"))
