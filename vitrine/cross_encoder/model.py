"""The cross-encoder's graph, from strings of queries and products to the logits of its outputs."""

from typing import Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.cross_encoder.checkpoint import outputs_of, pair_checkpoint
from vitrine.cross_encoder.heads import Head
from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.families import Transformer, open_tokenizer, open_transformer
from vitrine.encoders.sentence.model import Bert
from vitrine.encoders.settings import Precision
from vitrine.encoders.tokenization.pairs import pair_ids, pair_template
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.encoders.transformer_layers import Dropout, no_dropout

STRINGS: Final = tf.TensorSpec([None], tf.string)


class PairModel(tf.Module):
    """A transformer over a query and a text in one sequence, with a head of `outputs` logits, L."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        precision: Precision = "float32",
        trainable: bool = False,
        max_tokens: int | None = None,
    ):
        """Take the weights of a sequence classifier. A pair has at most `max_tokens`, and those of the checkpoint.

        Raises:
            DataError: a file, a field or a weight is missing or not supported, or the family cannot be trained.
        """
        super().__init__()
        source = pair_checkpoint(checkpoint)
        transformer = open_transformer(source, precision, classifies=True, trainable=trainable)
        self.max_tokens = min(max_tokens or transformer.max_tokens, transformer.max_tokens)
        self.outputs = outputs_of(source)
        self.transformer = transformer.model
        self.head = Head(source, transformer.family, transformer.width, self.outputs, trainable)
        self._add_tokenizer(source, transformer)

    def _add_tokenizer(self, checkpoint: Checkpoint, transformer: Transformer) -> None:
        tokenizer = open_tokenizer(checkpoint, transformer)
        self.tokenizer = TextTokenizer(tokenizer, self.max_tokens, checkpoint.origin)
        post_processor = tokenizer.definition["post_processor"]
        self._template = pair_template(post_processor, transformer.family, checkpoint.origin)

    @tf.function(autograph=False, input_signature=[STRINGS, STRINGS])
    def logits(self, queries: tf.Tensor, texts: tf.Tensor) -> tf.Tensor:
        """Return logits float32 [B, L] of strings [B]."""
        return self(queries, texts)

    def __call__(self, queries: tf.Tensor, texts: tf.Tensor, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return logits float32 [B, L] of strings [B], with units dropped in training."""
        ids, types = pair_ids(self.tokenizer, self._template, queries, texts)
        return self.head(self.transformer.hidden(ids, types, dropout), ids.row_lengths(), dropout)

    def apply_temperature(self, temperature: float) -> None:
        """Divide the weights of the last layer, and so the logits, by a temperature."""
        for variable in self.head.classifier.variables:
            variable.assign(variable / temperature)

    @property
    def bert(self) -> Bert:
        """The transformer of a model in training."""
        assert isinstance(self.transformer, Bert)
        return self.transformer

    @property
    def words(self) -> tf.Variable:
        """The word vectors."""
        return self.bert.words

    def depth(self, variable: tf.Variable) -> int:
        """Return the number of layers from the head, which has depth 0, down to the variable's layer."""
        layers = [list(self.head.variables), *(list(layer.variables) for layer in reversed(self.bert.layers))]
        depths = [depth for depth, members in enumerate(layers) if any(variable is member for member in members)]
        return depths[0] if depths else len(layers)

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        return self.bert.tensors() | self.head.dense.tensors() | self.head.classifier.tensors()
