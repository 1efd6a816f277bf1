"""The words and pieces of SentencePiece's Unigram models in the graph, as the `tokenizers` library reads them."""

from typing import Final

import tensorflow as tf

from vitrine.encoders.added_tokens import SPACE, decode
from vitrine.encoders.checkpoint import Json
from vitrine.encoders.tokenization.normalization import TextNormalizer
from vitrine.encoders.tokenization.unigram import Unigram
from vitrine.errors import DataError

MARK: Final = "▁"
"""The character that stands for the space before a word."""


class SentencePieces(tf.Module):
    """The Unigram pieces of words, each of which starts with `▁`."""

    def __init__(self, definition: Json, limit: int, where: str):
        """Build the table of pieces; at most `limit` words of a text are read.

        Raises:
            DataError: the definition is not that of a SentencePiece model with words.
        """
        super().__init__()
        model = definition["model"]
        self._white_space = _splits_white_space(definition["pre_tokenizer"], where)
        if model.get("byte_fallback"):
            raise DataError(f"{where}: model.byte_fallback is true, which is not supported")
        if model.get("unk_id") is None:
            raise DataError(f"{where}: model.unk_id is null; unknown characters need a token")
        self._limit = limit
        self.normalizer = TextNormalizer(definition["normalizer"], where)
        self._unigram = Unigram([(piece, score) for piece, score in model["vocab"]], model["unk_id"])

    def __call__(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [P, (T)] of raw pieces [P] from `AddedTokens.tokenize`."""
        return self.split(self.normalizer(pieces))

    def split(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [P, (T)] of normalised pieces [P] from `AddedTokens.tokenize`."""
        texts = tf.strings.unicode_encode(decode(pieces), "UTF-8")
        if self._white_space:
            bare = tf.strings.regex_replace(texts, f"^{SPACE}+|{SPACE}+$", "")
            marked = tf.strings.regex_replace(bare, f"(^|{SPACE}+){MARK}?", MARK)
        else:
            bare = tf.strings.regex_replace(texts, " ", MARK)
            marked = tf.strings.regex_replace(bare, f"^{MARK}?", MARK)
        marked = tf.where(bare == "", "", marked)
        words = tf.strings.split(marked, MARK)[:, 1 : self._limit + 1]
        return words.with_values(self._unigram(MARK + words.values)).merge_dims(1, 2)


def _splits_white_space(words: Json | None, where: str) -> bool:
    """Return whether words end at white space of any kind, or at spaces only."""
    parts = [] if words is None else words["pretokenizers"] if words["type"] == "Sequence" else [words]
    kinds = [part["type"] for part in parts]
    if kinds not in (["WhitespaceSplit", "Metaspace"], ["Metaspace"]):
        raise DataError(f"{where}: the pre_tokenizer {kinds} is not supported before Unigram; Metaspace is")
    mark = parts[-1]
    always = mark.get("prepend_scheme", "always") == "always" and mark.get("add_prefix_space", True)
    if mark["replacement"] != MARK or not always or not mark.get("split", True):
        raise DataError(f"{where}: the Metaspace {mark} is not supported; one before each word ('always') is")
    return len(kinds) == 2
