"""A tokenizer in the graph, with the ids of the `tokenizers` library."""

from typing import Final

import tensorflow as tf

from vitrine.encoders.added_tokens import AddedToken, AddedTokens
from vitrine.encoders.checkpoint import Json
from vitrine.encoders.tokenization.byte_level import ByteLevelPieces
from vitrine.encoders.tokenization.definition import DefinedTokenizer
from vitrine.encoders.tokenization.normalization import library_normalizer
from vitrine.encoders.tokenization.sentencepiece import SentencePieces
from vitrine.encoders.tokenization.wordpiece import WordPieces
from vitrine.errors import DataError

SPECIAL: Final = "SpecialToken"


class TextTokenizer(tf.Module):
    """Tokenizer from raw strings to token ids, with the special tokens at both ends."""

    def __init__(self, tokenizer: DefinedTokenizer, max_tokens: int, where: str = "tokenizer.json"):
        """Build the tokenizer; `where` names its file in errors.

        Raises:
            DataError: a part of it is not supported.
        """
        super().__init__()
        definition = tokenizer.definition
        self.max_tokens = max_tokens
        self.start, self.end = edges(definition["post_processor"], where)
        self._room = max_tokens - len(self.start) - len(self.end)
        if self._room < 1:
            raise DataError(f"{where}: {max_tokens} tokens leave no room for a text")
        added = [_added(token, definition["normalizer"], where) for token in definition["added_tokens"]]
        self._raw = AddedTokens(token for token in added if not token.normalized)
        self._normalized = AddedTokens(normalized) if (normalized := [t for t in added if t.normalized]) else None
        self._pieces = _pieces(tokenizer, max_tokens, where)

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of the strings [B], at most `max_tokens` each."""
        edge = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        return tf.concat([edge * self.start, self.tokenize(texts)[:, : self._room], edge * self.end], axis=1)

    def tokenize(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of the strings [B], without special tokens at the ends."""
        return self._raw.tokenize(texts, self._between)

    def _between(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        if self._normalized is None:
            return self._pieces(pieces)
        return self._normalized.tokenize(self._pieces.normalizer(pieces), self._pieces.split)


def edges(post_processor: Json | None, where: str) -> tuple[list[int], list[int]]:
    """Return the ids of the special tokens before and after a text.

    Raises:
        DataError: the post-processor is not one that puts special tokens around a text.
    """
    kind = post_processor["type"] if post_processor else None
    if post_processor is None:
        return [], []
    if kind in ("BertProcessing", "RobertaProcessing"):
        return [post_processor["cls"][1]], [post_processor["sep"][1]]
    if kind == "TemplateProcessing":
        ids = {name: token["ids"] for name, token in post_processor["special_tokens"].items()}
        template = [ids[part[SPECIAL]["id"]] if SPECIAL in part else None for part in post_processor["single"]]
        if template.count(None) == 1:
            text = template.index(None)
            before, after = template[:text], template[text + 1 :]
            return [i for part in before for i in part or []], [i for part in after for i in part or []]
    raise DataError(f"{where}: the post_processor {kind} is not supported; one that puts tokens around a text is")


def _added(token: Json, normalizer: Json | None, where: str) -> AddedToken:
    content = token["content"]
    if token["single_word"]:
        raise DataError(f"{where}: the added token '{content}' has 'single_word': true, which is not supported")
    if token["normalized"] and normalizer:
        content = library_normalizer(normalizer).normalize_str(content)
    return AddedToken(content, token["id"], token["normalized"], token["lstrip"], token["rstrip"])


def _pieces(tokenizer: DefinedTokenizer, limit: int, where: str) -> WordPieces | ByteLevelPieces | SentencePieces:
    library, definition = tokenizer
    kind = definition["model"]["type"]
    if kind == "WordPiece":
        return WordPieces(library, definition, limit, where)
    if kind == "BPE":
        return ByteLevelPieces(definition, limit, where)
    if kind == "Unigram":
        return SentencePieces(definition, limit, where)
    raise DataError(f"{where}: a {kind} tokenizer; WordPiece, byte-level BPE and Unigram are supported")
