"""The tokenizer of a SigLIP checkpoint, by the class that its files name."""

from collections.abc import Callable
from typing import Final, NamedTuple

import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.known_fields import require_value
from vitrine.encoders.siglip.gemma_tokenizer import CLASSES, gemma_tokenizer
from vitrine.encoders.siglip.padding import Padding
from vitrine.encoders.siglip.tokenizer import sentencepiece_tokenizer
from vitrine.errors import DataError

SETTINGS: Final = "tokenizer_config.json"
SENTENCEPIECE: Final = "SiglipTokenizer"
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
    settings = checkpoint.json(SETTINGS) if SETTINGS in checkpoint.files else {}
    for name, value in REQUIRED.items():
        require_value(settings, where, name, value)
    kind = settings.get("tokenizer_class") or SENTENCEPIECE
    if kind == SENTENCEPIECE:
        return TextInput(*sentencepiece_tokenizer(checkpoint, settings, positions))
    if kind in CLASSES:
        return TextInput(*gemma_tokenizer(checkpoint, settings, positions))
    raise DataError(f"{where}: tokenizer_class '{kind}' is not supported; {', '.join((SENTENCEPIECE, *CLASSES))} are")
