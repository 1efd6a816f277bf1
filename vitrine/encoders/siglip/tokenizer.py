"""SigLIP's SentencePiece tokenizer in the graph, with the ids of `transformers.SiglipTokenizer`.

TF Text's op is the SentencePiece library itself, which `transformers` uses too.
"""

import hashlib
from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text

from vitrine.encoders.added_tokens import AddedToken, AddedTokens, decode
from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.field_values import added_tokens
from vitrine.encoders.siglip.canonical_text import CanonicalText
from vitrine.encoders.siglip.padding import Padding, padding
from vitrine.errors import DataError

FILE: Final = "spiece.model"
SETTINGS: Final = "tokenizer_config.json"
MARK: Final = "▁"
END: Final = "</s>"
UNKNOWN: Final = "<unk>"
MAX_TOKENS: Final = 64
"""Tokens of a text where the tokenizer's settings do not say it."""
REQUIRED: Final = {
    "eos_token": END,
    "pad_token": END,
    "unk_token": UNKNOWN,
    "sp_model_kwargs": {},
    "legacy": True,
}
"""Fields of `tokenizer_config.json` that change a SentencePiece tokenizer's ids, with the only supported value."""


class SiglipTokenizer(tf.Module):
    """Tokenizer from raw strings to token ids."""

    def __init__(self, model: bytes, lower_case: bool, length: int, where: str):
        """Build the tokenizer; texts have at most `length` tokens.

        Raises:
            DataError: the model is not SentencePiece's, or has no end token.
        """
        super().__init__()
        try:
            self._pieces = tf_text.SentencepieceTokenizer(model=model, out_type=tf.int32)
            self.end, unknown = self._pieces.string_to_id(tf.constant([END, UNKNOWN])).numpy().tolist()
        except tf.errors.OpError as error:
            raise DataError(f"{where}: not a SentencePiece model ({error.message})") from None
        if self.end == unknown:
            raise DataError(f"{where}: no token {END}; is this the model of a SigLIP?")
        self.size = int(self._pieces.vocab_size().numpy())
        self._room = length - 1
        self._canonical = CanonicalText(lower_case)
        self._added = AddedTokens([AddedToken(END, self.end), AddedToken(UNKNOWN, unknown)])
        self._skipped = len(self._pieces.tokenize(tf.constant([UNKNOWN])).to_list()[0])

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of strings [B], with one end token at the end."""
        marked = tf.strings.join([MARK, tf.strings.regex_replace(texts, MARK, " ")])
        ids = self._added.tokenize(marked, self._between)[:, : self._room]
        last = ids[:, -1:].to_tensor(-1, shape=[None, 1])
        end = tf.fill(tf.shape(last), self.end)
        return tf.concat([ids, tf.ragged.boolean_mask(end, last != self.end)], axis=1)

    def _between(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return the ids of the text between special tokens.

        The unknown token before it keeps SentencePiece from taking the first mark for white space.
        """
        texts = self._canonical(tf.strings.unicode_encode(decode(pieces), "UTF-8"))
        return self._pieces.tokenize(tf.strings.join([UNKNOWN, texts]))[:, self._skipped :]


def sentencepiece_tokenizer(
    checkpoint: Checkpoint, settings: Json, positions: int
) -> tuple[SiglipTokenizer, Padding, Json]:
    """Read `spiece.model`; return the tokenizer, its padding, and what decides the ids.

    Raises:
        DataError: the file is missing, or the settings ask for a tokenizer that is not supported.
    """
    where, rules_file = f"{checkpoint.origin}/{FILE}", f"{checkpoint.origin}/{SETTINGS}"
    for name, value in REQUIRED.items():
        given = settings.get(name)
        if (given["content"] if isinstance(given, dict) and "content" in given else given) not in (None, value):
            raise DataError(f"{rules_file}: {name} {given!r} is not supported; {value!r} is")
    added = added_tokens(settings, rules_file).values()
    if others := [token for token in added if token not in (END, UNKNOWN)]:
        raise DataError(f"{rules_file}: the added token '{others[0]}' is not supported")
    if FILE not in checkpoint.files:
        raise DataError(f"{where}: no such file; SigLIP's tokenizer reads it")
    model, lower_case = checkpoint.files[FILE], settings.get("do_lower_case") is not False
    padded = padding(settings, rules_file, 0, positions, MAX_TOKENS, "right")
    tokenizer = SiglipTokenizer(model, lower_case, padded.length, where)
    padded = padded._replace(token=tokenizer.end)
    rules: Json = {"model": hashlib.sha256(model).hexdigest(), "lower_case": lower_case, "size": tokenizer.size}
    return tokenizer, padded, rules
