"""The cross-encoder's graph, from strings of queries and products to the logits of the four classes."""

from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.cross_encoder.checkpoint import CLASSIFIER, POOLER, pair_config
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.model import Bert
from vitrine.encoders.settings import Precision
from vitrine.encoders.tokenization.definition import read_tokenizer
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.encoders.transformer_layers import Dense, Dropout, Weights, no_dropout
from vitrine.labels import LABELS

STRINGS: Final = tf.TensorSpec([None], tf.string)


class PairModel(tf.Module):
    """BERT over `[CLS] query [SEP] text [SEP]`, with a classification layer on the first token's state."""

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32", trainable: bool = False):
        super().__init__()
        config = pair_config(checkpoint)
        self.max_tokens = config.max_tokens
        self.tokenizer = TextTokenizer(read_tokenizer(checkpoint, "bert"), config.max_tokens, checkpoint.origin)
        self.bert = Bert(config, checkpoint, precision, trainable)
        head = Weights(checkpoint, tf.float32, trainable)
        self.pooler = Dense(head, [POOLER], config.hidden_size, config.hidden_size)
        self.classifier = Dense(head, [CLASSIFIER], config.hidden_size, len(LABELS))

    @tf.function(autograph=False, input_signature=[STRINGS, STRINGS])
    def logits(self, queries: tf.Tensor, texts: tf.Tensor) -> tf.Tensor:
        """Return logits float32 [B, 4] of strings [B]."""
        return self(queries, texts)

    def __call__(self, queries: tf.Tensor, texts: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return logits float32 [B, 4] of strings [B], with units dropped in training."""
        ids, types = self.tokenizer.pairs(queries, texts)
        first = self.bert.hidden(ids, types, dropout)[:, 0]
        return self.classifier(dropout(tf.tanh(self.pooler(first))))

    def apply_temperature(self, temperature: float) -> None:
        """Divide the weights of the last layer, and so the logits, by a temperature."""
        for variable in self.classifier.variables:
            variable.assign(variable / temperature)

    @property
    def words(self) -> tf.Variable:
        """The word vectors."""
        return self.bert.words

    def depth(self, variable: tf.Variable) -> int:
        """Return the number of layers from the head, which has depth 0, down to the variable's layer."""
        head = [*self.pooler.variables, *self.classifier.variables]
        layers = [head, *(list(layer.variables) for layer in reversed(self.bert.layers))]
        depths = [depth for depth, members in enumerate(layers) if any(variable is member for member in members)]
        return depths[0] if depths else len(layers)

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        return self.bert.tensors() | self.pooler.tensors() | self.classifier.tensors()
