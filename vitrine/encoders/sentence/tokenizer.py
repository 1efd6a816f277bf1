"""BERT's tokenizer in the graph, with the ids of `transformers.BertTokenizer` for any string.

There is one known difference: two neighbouring *spacing* marks out of canonical order (such as U+302E before U+1B44;
there are 24 such marks) keep their order, while the library sorts them. It matters only for vocabularies with tokens
for both.
"""

import json

import numpy as np
import tensorflow as tf
import tensorflow_text as tf_text
from pydantic import JsonValue
from tokenizers import Tokenizer, normalizers, pre_tokenizers
from tokenizers.models import WordPiece

from vitrine.encoders.added_tokens import AddedToken, AddedTokens, decode
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.codepoint_tables import SEPARATOR, CodepointMap, measure, tabulate
from vitrine.errors import DataError

UNKNOWN, START, END = SPECIAL = ("[UNK]", "[CLS]", "[SEP]")


class BertTokenizer(tf.Module):
    """Tokenizer from raw strings to token ids, from `[CLS]` to `[SEP]`."""

    def __init__(self, tokenizer: Tokenizer, max_tokens: int):
        super().__init__()
        definition = json.loads(tokenizer.to_str())
        ids: dict[str, int] = definition["model"]["vocab"]
        self._max_tokens = max_tokens
        self._max_word = definition["model"]["max_input_chars_per_word"]
        self._start, self._end = ids[START], ids[END]
        self._added = AddedTokens(AddedToken(token["content"], token["id"]) for token in definition["added_tokens"])
        self._spaced = CodepointMap(tabulate(measure(lambda text: _spaced(tokenizer, text))))
        by_id = {index: token for token, index in ids.items()}
        self._wordpiece = tf_text.FastWordpieceTokenizer(
            [by_id.get(index, f"[no token {index}]") for index in range(max(by_id) + 1)],
            token_out_type=tf.int32,
            unknown_token=UNKNOWN,
            no_pretokenization=True,
            max_bytes_per_word=4 * self._max_word,
        )

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of the strings [B], at most `max_tokens` each."""
        ids = self._added.tokenize(texts, self._between)[:, : self._max_tokens - 2]
        edge = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        return tf.concat([edge * self._start, ids, edge * self._end], axis=1)

    def pairs(self, first: tf.Tensor, second: tf.Tensor) -> tuple[tf.RaggedTensor, tf.RaggedTensor]:
        """Return int32 ids and token types [B, (T)] of pairs of strings [B], `[CLS] first [SEP] second [SEP]`.

        Where a pair has more than `max_tokens`, `second` is cut, and `first` only if it is too long by itself.
        """
        edge = tf.ones([tf.shape(first)[0], 1], tf.int32)
        left = self._added.tokenize(first, self._between)[:, : self._max_tokens - 3]
        right = self._added.tokenize(second, self._between)
        left = tf.concat([edge * self._start, left, edge * self._end], axis=1)
        ids = tf.concat([left, right], axis=1)[:, : self._max_tokens - 1]
        types = tf.concat([tf.zeros_like(left), tf.ones_like(right)], axis=1)[:, : self._max_tokens - 1]
        return tf.concat([ids, edge * self._end], axis=1), tf.concat([types, edge], axis=1)

    def _between(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        points = self._spaced(decode(pieces))
        words = tf.strings.split(tf.strings.unicode_encode(points, "UTF-8"))[:, : self._max_tokens]
        too_long = tf.strings.length(words.values, "UTF8_CHAR") > self._max_word
        words = words.with_values(tf.where(too_long, UNKNOWN, words.values))
        return self._wordpiece.tokenize(words).merge_dims(1, 2)


def _spaced(tokenizer: Tokenizer, text: str) -> str:
    """Normalise a text, put spaces around characters that are words of their own, and replace white space by spaces."""
    normal: str = tokenizer.normalizer.normalize_str(text)
    chars = sorted(set(normal) - {SEPARATOR})
    words = tokenizer.pre_tokenizer.pre_tokenize_str(SEPARATOR.join(["", *chars, ""]))
    lengths = np.zeros(2 * len(chars) + 1, np.int64)
    for _, (start, end) in words:
        lengths[start:end] = end - start
    spaced: dict[str, str | int | None] = {
        char: f" {char} " if length else " " for char, length in zip(chars, lengths[1::2], strict=True) if length < 2
    }
    return normal.translate(str.maketrans(spaced))


def bert_tokenizer(checkpoint: Checkpoint) -> Tokenizer:
    """Open the checkpoint's `tokenizer.json`, or build a tokenizer from `vocab.txt` and `tokenizer_config.json`.

    Raises:
        DataError: the files are missing or unreadable, or are not those of a BERT tokenizer.
    """
    name = "tokenizer.json" if "tokenizer.json" in checkpoint.files else "vocab.txt"
    where = f"{checkpoint.origin}/{name}"
    try:
        tokenizer = Tokenizer.from_str(checkpoint.text(name)) if name.endswith("json") else _from_vocabulary(checkpoint)
    except DataError:
        raise
    except Exception as error:  # the library raises no narrower type
        raise DataError(f"{where}: not a tokenizer ({error})") from None
    if not isinstance(tokenizer.model, WordPiece):
        raise DataError(f"{where}: a {type(tokenizer.model).__name__} tokenizer; a BERT checkpoint has a WordPiece one")
    missing = [token for token in SPECIAL if tokenizer.token_to_id(token) is None]
    if missing:
        raise DataError(f"{where}: no token {missing[0]}; is this a BERT vocabulary?")
    late = [token.content for token in tokenizer.get_added_tokens_decoder().values() if token.normalized]
    if late:
        raise DataError(f"{where}: the added token '{late[0]}' has 'normalized': true, which is not supported")
    return tokenizer


def _from_vocabulary(checkpoint: Checkpoint) -> Tokenizer:
    tokens = checkpoint.text("vocab.txt").removesuffix("\n").split("\n")
    config = checkpoint.json("tokenizer_config.json") if "tokenizer_config.json" in checkpoint.files else {}
    tokenizer = Tokenizer(WordPiece({token: index for index, token in enumerate(tokens)}, unk_token=UNKNOWN))
    tokenizer.normalizer = normalizers.BertNormalizer(
        handle_chinese_chars=config.get("tokenize_chinese_chars", True),
        strip_accents=config.get("strip_accents"),
        lowercase=config.get("do_lower_case", True),
    )
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens([token for token in ("[PAD]", *SPECIAL, "[MASK]") if token in tokens])
    return tokenizer


def tokenizer_rules(tokenizer: Tokenizer) -> dict[str, JsonValue]:
    """Return the part of the tokenizer that determines the ids, for the encoder's fingerprint."""
    definition = json.loads(tokenizer.to_str())
    return {key: definition[key] for key in ("added_tokens", "normalizer", "pre_tokenizer", "model")}
