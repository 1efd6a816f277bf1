"""The sentence encoder: tokenizer and BERT behind the encoder protocol."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint
from vitrine.encoders.sentence.config import bert_config
from vitrine.encoders.sentence.model import Bert
from vitrine.encoders.sentence.tokenizer import BertTokenizer, bert_tokenizer, tokenizer_rules
from vitrine.encoders.settings import Precision
from vitrine.encoders.text_batches import embed_in_batches
from vitrine.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image


class SentenceModule(tf.Module):
    """The graph that is served, from raw strings to vectors."""

    def __init__(self, tokenizer: BertTokenizer, bert: Bert):
        super().__init__()
        self.tokenizer = tokenizer
        self.bert = bert

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def embed_text(self, query: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for strings [B]."""
        return self.bert(self.tokenizer(query))


class SentenceEncoder:
    """A BERT-type sentence encoder; see `vitrine.encoders.protocol.Encoder`."""

    kind = "sentence"
    encodes_images = False
    encodes_any_text = True

    def __init__(self, checkpoint: Checkpoint, precision: Precision = "float32"):
        """Build the encoder.

        Raises:
            DataError: the checkpoint is incomplete or not supported.
        """
        self._checkpoint = checkpoint
        self._config = bert_config(checkpoint)
        tokenizer = bert_tokenizer(checkpoint)
        self._rules = {"bert": self._config.model_dump(), "tokenizer": tokenizer_rules(tokenizer)}
        in_graph = BertTokenizer(tokenizer, self._config.max_tokens)
        self.module = SentenceModule(in_graph, Bert(self._config, checkpoint, precision))
        self.dimension = self._config.hidden_size

    @functools.cached_property
    def fingerprint(self) -> str:
        """See `Encoder.fingerprint`."""
        return self._checkpoint.fingerprint(self._rules)

    def encode_text(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_text`."""
        return embed_in_batches(texts, self.dimension, 4 * self._config.max_tokens, self._embed)

    def _embed(self, texts: list[bytes]) -> npt.NDArray[np.float32]:
        vectors: npt.NDArray[np.float32] = self.module.embed_text(tf.constant(texts)).numpy()
        return vectors

    def encode_image(self, images: "Sequence[bytes | Image]") -> npt.NDArray[np.float32]:
        """Raise DataError, since a sentence encoder encodes texts only."""
        raise DataError("this sentence encoder takes texts only; use a CLIP encoder for images")

    def save(self, directory: Path) -> None:
        """Write the checkpoint; see `Encoder.save`."""
        self._checkpoint.save(directory)
