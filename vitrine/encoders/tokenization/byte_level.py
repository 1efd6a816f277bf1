"""The byte-level words and pieces of GPT-2, RoBERTa and ModernBERT in the graph (Radford et al. 2019)."""

from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text

from vitrine.encoders.added_tokens import decode
from vitrine.encoders.checkpoint import Json
from vitrine.encoders.clip.byte_pair_encoding import BytePairs, byte_letters
from vitrine.encoders.clip.word_splitting import CONTRACTIONS, kinds
from vitrine.encoders.codepoint_tables import CodepointMap
from vitrine.encoders.tokenization.normalization import TextNormalizer
from vitrine.errors import DataError

INNER, JOINED, ALONE = "\x01", "\x02", "\x03"
"""White space inside a run, a space that is the last one before a word, and other such white space."""
WORD: Final = (
    rf"{CONTRACTIONS}|{JOINED}?[A-Za-z]+|{JOINED}?[0-9]+|{JOINED}?[^{INNER}{JOINED}{ALONE}A-Za-z0-9]+|{INNER}+|{ALONE}"
)
"""A word of a text in which every character is replaced by its kind. A run of white space gives its last character to
the word after it, which GPT-2's own pattern says with a look-ahead."""


class ByteLevelPieces(tf.Module):
    """The byte-level pieces of words with the space before them."""

    def __init__(self, definition: Json, limit: int, where: str):
        """Build the tables of merges; at most `limit` words of a text are read.

        Raises:
            DataError: the definition is not that of a byte-level tokenizer as GPT-2 has it.
        """
        super().__init__()
        _require_byte_level(definition, where)
        model, words = definition["model"], definition["pre_tokenizer"]
        self._limit, self._prefix = limit, words["add_prefix_space"]
        self.normalizer = TextNormalizer(definition["normalizer"], where)
        self._kinds = CodepointMap(kinds())
        merges = [(first, second) for first, second in model["merges"]]
        self._pairs = BytePairs(model["vocab"], merges, unknown=-1, end_of_word="")

    def __call__(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [P, (T)] of raw pieces [P] from `AddedTokens.tokenize`."""
        return self.split(self.normalizer(pieces))

    def split(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [P, (T)] of normalised pieces [P] from `AddedTokens.tokenize`."""
        points = decode(pieces)
        if self._prefix:
            texts = tf.strings.regex_replace(tf.strings.unicode_encode(points, "UTF-8"), "^([^ ])", r" \1")
            points = tf.strings.unicode_decode(texts, "UTF-8")
        marked = self._marked(points)
        words = tf_text.regex_split(tf.strings.unicode_encode(marked, "UTF-8"), WORD, WORD)
        spelt = tf.RaggedTensor.from_row_lengths(points.values, tf.strings.length(words.values), validate=False)
        words = words.with_values(tf.strings.unicode_encode(spelt, "UTF-8"))[:, : self._limit]
        return words.with_values(self._pairs(words.values)).merge_dims(1, 2)

    def _marked(self, points: tf.RaggedTensor) -> tf.RaggedTensor:
        """Return the kinds of the characters, with marks for white space."""
        kind, row = self._kinds(points), points.value_rowids()
        white = kind.values == ord(" ")
        word_next = tf.concat([~white[1:] & (row[1:] == row[:-1]), [False]], axis=0)[: tf.size(white)]
        mark = tf.where(points.values == ord(" "), ord(JOINED), ord(ALONE))
        return kind.with_values(tf.where(white, tf.where(word_next, mark, ord(INNER)), kind.values))


def _require_byte_level(definition: Json, where: str) -> None:
    model, words = definition["model"], definition["pre_tokenizer"]
    if words is None or words["type"] != "ByteLevel" or not words.get("use_regex", True):
        kind = words["type"] if words else "null"
        raise DataError(f"{where}: the pre_tokenizer {kind} is not supported before BPE; ByteLevel with its regex is")
    wanted = {
        "dropout": None,
        "continuing_subword_prefix": "",
        "end_of_word_suffix": "",
        "byte_fallback": False,
        "ignore_merges": False,
    }
    wrong = [key for key, value in wanted.items() if (model.get(key) or value) != value]
    if wrong:
        raise DataError(f"{where}: model.{wrong[0]} is {model[wrong[0]]}; only {wanted[wrong[0]]!r} is supported")
    missing = [letter for letter in byte_letters() if letter not in model["vocab"]]
    if missing:
        raise DataError(f"{where}: no token {missing[0]!r}; a byte-level vocabulary has one for each byte")
