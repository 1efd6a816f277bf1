"""The sentence encoder: tokenizer, transformer, pooling and further modules behind the encoder protocol."""

import dataclasses
import functools
from collections import ChainMap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.families import UNUSED, Model, Transformer, open_tokenizer, open_transformer
from vitrine.encoders.sentence.heads import HeadLayer
from vitrine.encoders.sentence.modules import Modules, read_modules
from vitrine.encoders.sentence.options import Options, read_options
from vitrine.encoders.sentence.pooling import pool
from vitrine.encoders.settings import Precision
from vitrine.encoders.text_batches import embed_in_batches
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.encoders.transformer_layers import Dropout, no_dropout
from vitrine.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image


class Description(NamedTuple):
    """The parts of an encoder."""

    transformer: Transformer
    tokenizer: str
    modules: Modules


class SentenceModule(tf.Module):
    """The graph that is served, from raw strings to vectors."""

    def __init__(
        self, tokenizer: TextTokenizer, transformer: Model, modules: Modules, heads: list[HeadLayer], options: Options
    ) -> None:
        super().__init__()
        self.tokenizer, self.transformer, self.heads = tokenizer, transformer, heads
        self._pooling, self._query, self._dimension = modules.pooling, options.query, options.dimension

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def embed_text(self, query: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for the queries, strings [B]."""
        return self.embed(query, self._query)

    def embed(self, texts: tf.Tensor, prompt: str, dropout: Dropout = no_dropout) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for strings [B] with a prompt before each."""
        ids = self.tokenizer(tf.strings.join([prompt, texts]) if prompt else texts)
        states = self.transformer.hidden(ids, None, dropout)
        skipped = 0 if self._pooling.include_prompt else self._prompt_tokens(prompt)
        x = pool(states, tf.cast(ids.row_lengths(), tf.int32), skipped, self._pooling.modes)
        for head in self.heads:
            x = head(x)
        return tf.math.l2_normalize(x[:, : self._dimension], axis=-1)

    def _prompt_tokens(self, prompt: str) -> tf.Tensor | int:
        """Return the number of a prompt's tokens with those before it, as sentence-transformers counts them."""
        if not prompt:
            return 0
        return tf.cast(self.tokenizer(tf.constant([prompt])).row_lengths()[0], tf.int32) - len(self.tokenizer.end)


class SentenceEncoder:
    """A sentence encoder; see `vitrine.encoders.protocol.Encoder`."""

    kind = "sentence"
    encodes_images = False
    encodes_any_text = True

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32", trainable: bool = False):
        """Build the encoder, with float32 weights if it is `trainable`.

        Raises:
            DataError: the checkpoint is incomplete or not supported.
        """
        self._checkpoint = checkpoint
        transformer = open_transformer(checkpoint, precision, trainable=trainable)
        modules = read_modules(checkpoint, transformer.width)
        self.options = read_options(checkpoint, modules, modules.output(transformer.width))
        tokenizer = open_tokenizer(checkpoint, transformer)
        self._max_tokens = transformer.max_tokens
        self._rules = {
            "transformer": transformer.rules,
            "modules": [list(modules.pooling), *map(list, modules.heads)],
            "options": list(self.options),
            "tokenizer": tokenizer.rules(),
        }
        self.described = Description(transformer, tokenizer.definition["model"]["type"], modules)
        in_graph = TextTokenizer(tokenizer, transformer.max_tokens, checkpoint.origin)
        heads = [HeadLayer(head, checkpoint, trainable) for head in modules.heads]
        self.module = SentenceModule(in_graph, transformer.model, modules, heads, self.options)
        checkpoint.require_all_read(UNUSED)
        self.dimension = self.options.dimension
        spec = tf.TensorSpec([None], tf.string)
        self._embed_document = tf.function(self._documents, autograph=False, input_signature=[spec])

    @functools.cached_property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        return self._checkpoint.fingerprint(self._rules)

    def encode_text(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_text`."""
        return embed_in_batches(texts, self.dimension, 4 * self._max_tokens, self._embed)

    def encode_document(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_document`.

        Raises:
            DataError: the files do not tell the prompt of documents.
        """
        if self.options.document is None:
            raise DataError(self.options.undecided)
        if self.options.document == self.options.query:
            return self.encode_text(texts)
        return embed_in_batches(
            texts, self.dimension, 4 * self._max_tokens, lambda batch: self._embed_document(tf.constant(batch)).numpy()
        )

    def _documents(self, texts: tf.Tensor) -> tf.Tensor:
        return self.module.embed(texts, self.options.document or "")

    def _embed(self, texts: list[bytes]) -> npt.NDArray[np.float32]:
        vectors: npt.NDArray[np.float32] = self.module.embed_text(tf.constant(texts)).numpy()
        return vectors

    def encode_image(self, images: "Sequence[bytes | Image]") -> npt.NDArray[np.float32]:
        """Raise DataError, since a sentence encoder encodes texts only."""
        raise DataError("this sentence encoder takes texts only; use a CLIP encoder for images")

    def save(self, directory: Path) -> None:
        """Write the checkpoint; see `Encoder.save`."""
        self._checkpoint.save(directory)

    @property
    def words(self) -> tf.Variable:
        """The word vectors of an encoder in training."""
        return self.module.transformer.words

    def depth(self, variable: tf.Variable) -> int:
        """Return the number of layers from the modules after pooling, of depth 0, down to the variable's layer."""
        layers = self.module.transformer.layer_variables()[::-1]
        heads = [variable for head in self.module.heads for variable in head.variables]
        depths = [depth for depth, members in enumerate([heads, *layers]) if any(variable is each for each in members)]
        return depths[0] if depths else len(layers) + 1

    def trained_checkpoint(self) -> Checkpoint:
        """Return the checkpoint with the present weights of an encoder in training."""
        trained = self.module.transformer.tensors()
        for head in self.module.heads:
            trained |= head.tensors()
        return dataclasses.replace(self._checkpoint, tensors=ChainMap(trained, dict(self._checkpoint.tensors)))
