"""The sentence encoder: tokenizer and BERT behind the encoder interface."""

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from vitrine.encoders.batching import embed_in_batches
from vitrine.encoders.checkpoint import (
    CONFIG,
    Tensors,
    fingerprint,
    read_files,
    save_weights,
    write_atomically,
    write_files,
)
from vitrine.encoders.config import Precision
from vitrine.encoders.sentence.config import read_bert_config
from vitrine.encoders.sentence.model import Bert
from vitrine.encoders.sentence.tokenizer import FILES, BertTokenizer, open_tokenizer, tokenizer_rules
from vitrine.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

SENTENCE_FILES = (CONFIG, "modules.json", "sentence_bert_config.json", "1_Pooling/config.json")


class SentenceModule(tf.Module):
    """What is served: raw strings in, vectors out."""

    def __init__(self, tokenizer: BertTokenizer, bert: Bert):
        super().__init__()
        self.tokenizer = tokenizer
        self.bert = bert

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def embed_text(self, query: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for strings [B]."""
        return self.bert(self.tokenizer(query))


class SentenceEncoder:
    """A BERT-type sentence encoder; see `vitrine.encoders.base.Encoder`."""

    kind = "sentence"
    encodes_images = False

    def __init__(self, directory: Path, precision: Precision = "float32"):
        self._files = read_files(directory, (*SENTENCE_FILES, *FILES))
        self._config = read_bert_config(directory)
        self._tensors = Tensors(directory)
        tokenizer = open_tokenizer(directory)
        self._rules = tokenizer_rules(tokenizer)
        in_graph = BertTokenizer(tokenizer, self._config.max_tokens)
        self.module = SentenceModule(in_graph, Bert(self._config, self._tensors, precision))
        self.dimension = self._config.hidden_size

    @functools.cached_property
    def fingerprint(self) -> str:
        settings = {"bert": self._config.model_dump(), "tokenizer": self._rules}
        return fingerprint(settings, self._tensors)

    def encode_text(self, texts: Sequence[str | bytes]) -> np.ndarray:
        """Return float32 [N, D]; see `Encoder.encode_text`."""
        return embed_in_batches(texts, self.dimension, 4 * self._config.max_tokens, self._embed)

    def _embed(self, texts: list[bytes]) -> np.ndarray:
        vectors: np.ndarray = self.module.embed_text(tf.constant(texts)).numpy()
        return vectors

    def encode_image(self, images: "Sequence[bytes | Image]") -> np.ndarray:
        """Raise: a sentence encoder knows no pictures."""
        raise DataError("this sentence encoder takes texts only; use a CLIP encoder for pictures")

    def save(self, directory: Path) -> None:
        """Write the checkpoint; see `Encoder.save`."""
        write_atomically(directory, self._write)

    def _write(self, directory: Path) -> None:
        write_files(directory, self._files)
        save_weights(directory, self._tensors)
