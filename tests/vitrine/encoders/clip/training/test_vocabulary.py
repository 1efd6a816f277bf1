import json
import os
import subprocess
import sys

import pytest
from tokenizers import Tokenizer

from vitrine.encoders.clip.byte_pair_encoding import END_OF_WORD, byte_letters
from vitrine.encoders.clip.tokenizer import END, START
from vitrine.encoders.clip.training.vocabulary import learn_tokenizer

TEXTS = ["red striped mug", "a red mug with stripes", "blue mug", "striped blue socks", "red socks"] * 3 + ["zzyzx"]


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return learn_tokenizer(TEXTS, 600)


def test_ids_are_letters_then_merges_then_the_special_tokens(tokenizer: Tokenizer) -> None:
    by_id = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    letters = byte_letters()
    assert by_id[:512] == [*letters, *(letter + END_OF_WORD for letter in letters)]
    assert by_id[-2:] == [START, END]
    merges = json.loads(tokenizer.to_str())["model"]["merges"]
    assert by_id[512:-2] == ["".join(pair) for pair in merges]


def test_a_frequent_word_is_one_token_and_a_word_seen_once_is_spelt(tokenizer: Tokenizer) -> None:
    assert tokenizer.encode("Red MUG", add_special_tokens=False).tokens == ["red</w>", "mug</w>"]
    assert len(tokenizer.encode("zzyzx", add_special_tokens=False).tokens) > 1


@pytest.mark.parametrize("text", ["日本語 😀", "naïve\tcafé", "\x00\x7f", "ǅ ﬁ"])
def test_any_string_is_encoded_without_an_unknown_token(tokenizer: Tokenizer, text: str) -> None:
    ids = tokenizer.encode(text).ids
    assert ids[0] == tokenizer.token_to_id(START)
    assert ids.index(tokenizer.token_to_id(END)) == len(ids) - 1


@pytest.mark.parametrize("size", [514, 520, 600])
def test_the_vocabulary_is_never_larger_than_requested(size: int) -> None:
    assert 514 <= learn_tokenizer(TEXTS, size).get_vocab_size() <= size


def test_no_text_leaves_the_bytes() -> None:
    assert learn_tokenizer([], 4096).get_vocab_size() == 514


def test_every_process_learns_the_same(tokenizer: Tokenizer) -> None:
    program = (
        "from vitrine.encoders.clip.training.vocabulary import learn_tokenizer\n"
        f"print(learn_tokenizer({TEXTS!r}, 600).to_str(), end='')"
    )
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == tokenizer.to_str()
