"""BERT's words and pieces in the graph.

There is one known difference to the library: two neighbouring *spacing* marks out of canonical order (such as U+302E
before U+1B44; there are 24 such marks) keep their order, while the library sorts them. It matters only for vocabularies
with tokens for both.
"""

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text
from tokenizers import Tokenizer

from vitrine.encoders.added_tokens import decode
from vitrine.encoders.checkpoint import Json
from vitrine.encoders.codepoint_tables import SEPARATOR, CodepointMap, measure, tabulate
from vitrine.encoders.tokenization.normalization import SINGLE, TextNormalizer, steps
from vitrine.errors import DataError


class WordPieces(tf.Module):
    """The pieces of words, separated by white space and punctuation."""

    def __init__(self, tokenizer: Tokenizer, definition: Json, limit: int, where: str):
        """Build the table of words; at most `limit` words of a text are read.

        Raises:
            DataError: the definition is not that of a BERT tokenizer.
        """
        super().__init__()
        model = definition["model"]
        _require_bert(definition, where)
        self._limit, self._longest_word = limit, model["max_input_chars_per_word"]
        self._unknown = model["unk_token"]
        self._spaced = CodepointMap(tabulate(measure(lambda text: _spaced(tokenizer, _normal(tokenizer, text)))))
        if any(token["normalized"] for token in definition["added_tokens"]):
            self.normalizer = TextNormalizer(definition["normalizer"], where)
            self._separated = CodepointMap(tabulate(measure(lambda text: _spaced(tokenizer, text))))
        by_id = {index: token for token, index in model["vocab"].items()}
        self._wordpiece = tf_text.FastWordpieceTokenizer(
            [by_id.get(index, f"[no token {index}]") for index in range(max(by_id) + 1)],
            token_out_type=tf.int32,
            unknown_token=self._unknown,
            no_pretokenization=True,
            max_bytes_per_word=4 * self._longest_word,
        )

    def __call__(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [P, (T)] of raw pieces [P] from `AddedTokens.tokenize`."""
        return self._ids(self._spaced(decode(pieces)))

    def split(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [P, (T)] of normalised pieces [P] from `AddedTokens.tokenize`."""
        return self._ids(self._separated(decode(pieces)))

    def _ids(self, points: tf.RaggedTensor) -> tf.RaggedTensor:
        words = tf.strings.split(tf.strings.unicode_encode(points, "UTF-8"))[:, : self._limit]
        too_long = tf.strings.length(words.values, "UTF8_CHAR") > self._longest_word
        words = words.with_values(tf.where(too_long, self._unknown, words.values))
        return self._wordpiece.tokenize(words).merge_dims(1, 2)


def _require_bert(definition: Json, where: str) -> None:
    model, words = definition["model"], definition["pre_tokenizer"]
    other = [step["type"] for step in steps(definition["normalizer"]) if step["type"] not in SINGLE]
    if other:
        raise DataError(
            f"{where}: the normalizer {other[0]} is not supported before WordPiece; {', '.join(SINGLE)} are"
        )
    if words is None or words["type"] != "BertPreTokenizer":
        kind = words["type"] if words else "null"
        raise DataError(f"{where}: the pre_tokenizer {kind} is not supported before WordPiece; BertPreTokenizer is")
    if model["continuing_subword_prefix"] != "##":
        raise DataError(f"{where}: continuing_subword_prefix '{model['continuing_subword_prefix']}' is not '##'")
    if model["unk_token"] not in model["vocab"]:
        raise DataError(f"{where}: no token {model['unk_token']}; is this a BERT vocabulary?")


def _normal(tokenizer: Tokenizer, text: str) -> str:
    normal: str = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
    return normal


def _spaced(tokenizer: Tokenizer, normal: str) -> str:
    """Put spaces around characters that are words of their own, and replace white space by spaces."""
    chars = sorted(set(normal) - {SEPARATOR})
    words = tokenizer.pre_tokenizer.pre_tokenize_str(SEPARATOR.join(["", *chars, ""]))
    lengths = np.zeros(2 * len(chars) + 1, np.int64)
    for _, (start, end) in words:
        lengths[start:end] = end - start
    spaced: dict[str, str | int | None] = {
        char: f" {char} " if length else " " for char, length in zip(chars, lengths[1::2], strict=True) if length < 2
    }
    return normal.translate(str.maketrans(spaced))
