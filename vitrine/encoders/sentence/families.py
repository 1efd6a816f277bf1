"""The families of text transformers, by the `model_type` of `config.json`."""

from typing import Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tokenizers import normalizers

from vitrine.encoders.checkpoint import CONFIG, Checkpoint, Json
from vitrine.encoders.field_values import strings
from vitrine.encoders.sentence.config import bert_config, lowers_case
from vitrine.encoders.sentence.model import Bert
from vitrine.encoders.sentence.modernbert import ModernBert, modernbert_config
from vitrine.encoders.settings import Precision
from vitrine.encoders.tokenization.definition import DefinedTokenizer, read_tokenizer
from vitrine.encoders.transformer_layers import Dropout, no_dropout
from vitrine.errors import DataError

MODERNBERT: Final = "modernbert"
FAMILIES: Final = ("bert", "distilbert", "roberta", "xlm-roberta", "mpnet", MODERNBERT)
UNUSED: Final = r"(\w+\.)?(pooler|cls|lm_head|vocab_transform|vocab_layer_norm|vocab_projector|head|decoder)\..*"
"""The weights, as a pattern, that make no hidden states: the pooler, and what predicts masked words in pretraining."""
CLASSIFIERS: Final = ("ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering")


class Model(Protocol):
    """A transformer in the graph."""

    words: tf.Variable
    """The word vectors."""

    def hidden(
        self, ids: tf.RaggedTensor, types: tf.RaggedTensor | None = None, dropout: Dropout = no_dropout
    ) -> tf.Tensor:
        """Return the last layer's states, float32 [B, T, W], of int32 ids [B, (T)] and their token types."""
        ...

    def layer_variables(self) -> list[list[tf.Variable]]:
        """Return the variables of each layer, the lowest first."""
        ...

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        ...


class Transformer(NamedTuple):
    """A transformer with what the modules around it need to know."""

    family: str
    model: Model
    width: int
    """W, the length of the hidden states."""
    max_tokens: int
    rules: Json
    """The fields of the configuration that determine the computation."""


def open_transformer(
    checkpoint: Checkpoint, precision: Precision, classifies: bool = False, trainable: bool = False
) -> Transformer:
    """Open the transformer of a checkpoint, which is that of a classifier if `classifies`.

    Raises:
        DataError: the family or a field of `config.json` is not supported, or a weight is missing.
    """
    fields, where = checkpoint.json(CONFIG), f"{checkpoint.origin}/{CONFIG}"
    family = str(fields.get("model_type"))
    if family not in FAMILIES:
        raise DataError(f"{where}: model_type '{family}' is not supported; {', '.join(FAMILIES)} are")
    named = [
        name
        for name in strings(fields.get("architectures") or [], f"{where}: architectures")
        if name.endswith(CLASSIFIERS)
    ]
    if named and not classifies:
        raise DataError(f"{where}: architectures is {named}, a classifier; an encoder of single texts is needed")
    if family == MODERNBERT:
        config = modernbert_config(checkpoint)
        rules = config.model_dump(mode="json")
        modern = ModernBert(config, checkpoint, precision, trainable)
        return Transformer(family, modern, config.hidden_size, config.max_tokens, rules)
    bert = bert_config(checkpoint)
    rules = bert.model_dump(mode="json")
    return Transformer(family, Bert(bert, checkpoint, precision, trainable), bert.hidden_size, bert.max_tokens, rules)


def open_tokenizer(checkpoint: Checkpoint, transformer: Transformer) -> DefinedTokenizer:
    """Return the checkpoint's tokenizer, with lower case before its own rules if sentence-transformers has it so.

    Raises:
        DataError: the tokenizer is not supported, or has ids without an embedding.
    """
    tokenizer = read_tokenizer(checkpoint, transformer.family)
    if lowers_case(checkpoint):
        normalizer = tokenizer.normalizer
        lower = normalizers.Lowercase()
        tokenizer.normalizer = normalizers.Sequence([lower, normalizer]) if normalizer else lower
    largest = max(tokenizer.get_vocab(with_added_tokens=True).values())
    if largest >= transformer.rules["vocab_size"]:
        size = transformer.rules["vocab_size"]
        raise DataError(f"{checkpoint.origin}: the tokenizer has id {largest}, but {CONFIG} has vocab_size {size}")
    return DefinedTokenizer.of(tokenizer)
