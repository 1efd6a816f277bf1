"""SigLIP's tokenizer in the graph, with the ids of `transformers.SiglipTokenizer`.

TF Text's op is the SentencePiece library itself, which `transformers` uses too.
"""

import hashlib
from typing import Final

import tensorflow as tf
import tensorflow_text as tf_text

from vitrine.encoders.added_tokens import AddedToken, AddedTokens, decode
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.siglip.canonical_text import CanonicalText
from vitrine.errors import DataError

FILE: Final = "spiece.model"
SETTINGS: Final = "tokenizer_config.json"
MARK: Final = "▁"
END: Final = "</s>"
UNKNOWN: Final = "<unk>"
MAX_TOKENS: Final = 64
"""Tokens of a text where the tokenizer's settings do not say it."""
REQUIRED: Final = {
    "tokenizer_class": "SiglipTokenizer",
    "eos_token": END,
    "pad_token": END,
    "unk_token": UNKNOWN,
    "sp_model_kwargs": {},
    "truncation_side": "right",
    "padding_side": "right",
    "split_special_tokens": False,
    "legacy": True,
    "auto_map": None,
}
"""Fields of `tokenizer_config.json` that change ids, with the only supported value."""


class SiglipTokenizer(tf.Module):
    """Tokenizer from raw strings to padded token ids."""

    def __init__(self, model: bytes, max_tokens: int, lower_case: bool, where: str):
        """Build the tokenizer.

        Raises:
            DataError: the model is not SentencePiece's, or has no end token.
        """
        super().__init__()
        try:
            self._pieces = tf_text.SentencepieceTokenizer(model=model, out_type=tf.int32)
            ids = self._pieces.string_to_id(tf.constant([END, UNKNOWN, MARK])).numpy().tolist()
        except tf.errors.OpError as error:
            raise DataError(f"{where}: not a SentencePiece model ({error.message})") from None
        self._end, unknown, self._mark = ids
        if self._end == unknown:
            raise DataError(f"{where}: no token {END}; is this the model of a SigLIP?")
        self.size = int(self._pieces.vocab_size().numpy())
        self._max_tokens = max_tokens
        self.rules = [hashlib.sha256(model).hexdigest(), max_tokens, lower_case]
        """What decides the ids, for the encoder's fingerprint."""
        self._canonical = CanonicalText(lower_case)
        self._added = AddedTokens([AddedToken(END, self._end), AddedToken(UNKNOWN, unknown)])
        self._skipped = len(self._pieces.tokenize(tf.constant([UNKNOWN])).to_list()[0])

    def __call__(self, texts: tf.Tensor) -> tf.Tensor:
        """Return int32 ids [B, T] of strings [B]; the end token is the padding, too."""
        marked = tf.strings.join([MARK, tf.strings.regex_replace(texts, MARK, " ")])
        ids = self._added.tokenize(marked, self._between)[:, : self._max_tokens - 1]
        return ids.to_tensor(self._end, shape=[None, self._max_tokens])

    def _between(self, pieces: tf.Tensor) -> tf.RaggedTensor:
        """Return the ids of the text between special tokens.

        The unknown token before it keeps SentencePiece from taking the first mark for white space.
        """
        texts = self._canonical(tf.strings.unicode_encode(decode(pieces), "UTF-8"))
        return self._pieces.tokenize(tf.strings.join([UNKNOWN, texts]))[:, self._skipped :]


def siglip_tokenizer(checkpoint: Checkpoint, positions: int) -> SiglipTokenizer:
    """Read `spiece.model` and `tokenizer_config.json`; texts have at most `positions` tokens.

    Raises:
        DataError: a file is missing, or asks for a tokenizer that is not supported.
    """
    where = f"{checkpoint.origin}/{SETTINGS}"
    fields = checkpoint.json(SETTINGS) if SETTINGS in checkpoint.files else {}
    for name, value in REQUIRED.items():
        given = fields.get(name)
        if (given["content"] if isinstance(given, dict) and "content" in given else given) not in (None, value):
            raise DataError(f"{where}: {name} {given!r} is not supported; {value!r} is")
    if FILE not in checkpoint.files:
        raise DataError(f"{checkpoint.origin}/{FILE}: no such file; SigLIP's tokenizer reads it")
    limit = fields.get("model_max_length") or MAX_TOKENS
    return SiglipTokenizer(
        checkpoint.files[FILE],
        min(positions, int(limit)),
        fields.get("do_lower_case") is not False,
        f"{checkpoint.origin}/{FILE}",
    )
