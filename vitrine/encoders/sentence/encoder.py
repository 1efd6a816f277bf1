"""The sentence encoder: tokenizer, transformer, pooling and further modules behind the encoder protocol."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.families import Model, open_tokenizer, open_transformer
from vitrine.encoders.sentence.heads import HeadLayer
from vitrine.encoders.sentence.modules import Modules, read_modules
from vitrine.encoders.sentence.pooling import pool
from vitrine.encoders.settings import Precision
from vitrine.encoders.text_batches import embed_in_batches
from vitrine.encoders.tokenization.definition import tokenizer_rules
from vitrine.encoders.tokenization.text_tokenizer import TextTokenizer
from vitrine.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image


class SentenceModule(tf.Module):
    """The graph that is served, from raw strings to vectors."""

    def __init__(self, tokenizer: TextTokenizer, transformer: Model, modules: Modules, heads: list[HeadLayer]) -> None:
        super().__init__()
        self.tokenizer, self.transformer, self.heads = tokenizer, transformer, heads
        self._pooling = modules.pooling

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def embed_text(self, query: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for strings [B]."""
        ids = self.tokenizer(query)
        states = self.transformer.hidden(ids)
        x = pool(states, tf.cast(ids.row_lengths(), tf.int32), 0, self._pooling.modes)
        for head in self.heads:
            x = head(x)
        return tf.math.l2_normalize(x, axis=-1)


class SentenceEncoder:
    """A sentence encoder; see `vitrine.encoders.protocol.Encoder`."""

    kind = "sentence"
    encodes_images = False
    encodes_any_text = True

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32"):
        """Build the encoder.

        Raises:
            DataError: the checkpoint is incomplete or not supported.
        """
        self._checkpoint = checkpoint
        transformer = open_transformer(checkpoint, precision)
        modules = read_modules(checkpoint, transformer.width)
        tokenizer = open_tokenizer(checkpoint, transformer)
        self._max_tokens = transformer.max_tokens
        self._rules = {
            "transformer": transformer.rules,
            "modules": [list(modules.pooling), *map(list, modules.heads)],
            "tokenizer": tokenizer_rules(tokenizer),
        }
        in_graph = TextTokenizer(tokenizer, transformer.max_tokens, checkpoint.origin)
        heads = [HeadLayer(head, checkpoint) for head in modules.heads]
        self.module = SentenceModule(in_graph, transformer.model, modules, heads)
        self.dimension = modules.output(transformer.width)

    @functools.cached_property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        return self._checkpoint.fingerprint(self._rules)

    def encode_text(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_text`."""
        return embed_in_batches(texts, self.dimension, 4 * self._max_tokens, self._embed)

    def _embed(self, texts: list[bytes]) -> npt.NDArray[np.float32]:
        vectors: npt.NDArray[np.float32] = self.module.embed_text(tf.constant(texts)).numpy()
        return vectors

    def encode_image(self, images: "Sequence[bytes | Image]") -> npt.NDArray[np.float32]:
        """Raise DataError, since a sentence encoder encodes texts only."""
        raise DataError("this sentence encoder takes texts only; use a CLIP encoder for images")

    def save(self, directory: Path) -> None:
        """Write the checkpoint; see `Encoder.save`."""
        self._checkpoint.save(directory)
