"""The tokenizer of a SigLIP checkpoint, by the class that its files name."""

from collections.abc import Callable
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.clip.cleaning import Cleaning
from vitrine.encoders.known_fields import optional_json, require_values
from vitrine.encoders.siglip.canonical_text import CanonicalText
from vitrine.encoders.siglip.gemma_tokenizer import CLASSES, gemma_tokenizer
from vitrine.encoders.siglip.padding import Padding
from vitrine.encoders.siglip.t5_tokenizer import CLASSES as T5
from vitrine.encoders.siglip.t5_tokenizer import t5_tokenizer
from vitrine.encoders.siglip.tokenizer import sentencepiece_tokenizer
from vitrine.errors import DataError

SETTINGS: Final = "tokenizer_config.json"
SENTENCEPIECE: Final = "SiglipTokenizer"
CLEANING: Final = "open_clip_canonical_text"
"""Vitrine's own field: true if texts are cleaned as open_clip does for SigLIP."""
REQUIRED: Final = {
    "truncation_side": "right",
    "split_special_tokens": False,
    "add_prefix_space": False,
    "auto_map": None,
}
"""Fields of `tokenizer_config.json` that change ids, with the only supported value."""


class TextInput(NamedTuple):
    """A tokenizer, its padding, and what decides the ids."""

    tokenizer: Callable[[tf.Tensor], tf.RaggedTensor]
    padding: Padding
    rules: Json


def text_input(checkpoint: Checkpoint, positions: int) -> TextInput:
    """Read the tokenizer's files; texts have at most `positions` tokens.

    Raises:
        DataError: a file is missing, or asks for a tokenizer that is not supported.
    """
    where = f"{checkpoint.origin}/{SETTINGS}"
    settings = optional_json(checkpoint, SETTINGS)
    require_values(settings, where, REQUIRED)
    kind = settings.get("tokenizer_class") or SENTENCEPIECE
    if kind == SENTENCEPIECE:
        found = TextInput(*sentencepiece_tokenizer(checkpoint, settings, positions))
    elif kind in CLASSES:
        found = TextInput(*gemma_tokenizer(checkpoint, settings, positions))
    elif kind in T5 and settings.get(CLEANING):
        found = TextInput(*t5_tokenizer(checkpoint, settings, positions))
    else:
        names = ", ".join((SENTENCEPIECE, *CLASSES))
        raise DataError(f"{where}: tokenizer_class '{kind}' is not supported; {names} are")
    if not settings.get(CLEANING):
        return found
    return found._replace(tokenizer=CleaningTokenizer(found.tokenizer), rules={**found.rules, "cleaned": True})


class CleaningTokenizer(tf.Module):
    """A tokenizer of texts that are cleaned first."""

    def __init__(self, tokenizer: Callable[[tf.Tensor], tf.RaggedTensor]):
        super().__init__()
        self._clean, self._canonical, self._tokenizer = Cleaning(), CanonicalText(underscore=" "), tokenizer

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of strings [B]."""
        return self._tokenizer(self._canonical(self._clean(texts)))
