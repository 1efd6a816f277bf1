"""The sentence encoder: tokenizer and BERT behind the encoder interface."""

import functools
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf

from vitrine.encoders.batching import embed_in_batches
from vitrine.encoders.checkpoint import CONFIG, Tensors, fingerprint, save_weights, write_atomically
from vitrine.encoders.config import Precision
from vitrine.encoders.sentence.config import read_bert_config
from vitrine.encoders.sentence.model import Bert
from vitrine.encoders.sentence.tokenizer import BertTokenizer, read_vocabulary
from vitrine.errors import DataError

if TYPE_CHECKING:
    from PIL.Image import Image

FILES = (CONFIG, "vocab.txt", "tokenizer.json", "tokenizer_config.json", "special_tokens_map.json")
SENTENCE_FILES = ("modules.json", "sentence_bert_config.json", "1_Pooling/config.json")


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
        self._directory = directory
        self._config = read_bert_config(directory)
        self._tensors = Tensors(directory)
        tokenizer = BertTokenizer(read_vocabulary(directory), self._config.max_tokens)
        self.module = SentenceModule(tokenizer, Bert(self._config, self._tensors, precision))
        self.dimension = self._config.hidden_size

    @functools.cached_property
    def fingerprint(self) -> str:
        tokenizer = {"vocabulary": self.module.tokenizer.vocabulary}
        return fingerprint({"bert": self._config.model_dump(), "tokenizer": tokenizer}, self._tensors)

    def encode_text(self, texts: Sequence[str | bytes]) -> np.ndarray:
        """Return float32 [N, D]; see `Encoder.encode_text`."""
        return embed_in_batches(texts, self.dimension, 4 * self._config.max_tokens, self._embed)

    def _embed(self, texts: list[bytes]) -> np.ndarray:
        vectors: np.ndarray = self.module.embed_text(tf.constant(texts)).numpy()
        return vectors

    def encode_image(self, images: "Sequence[bytes | Image]") -> np.ndarray:  # noqa: ARG002
        """Raise: a sentence encoder knows no pictures."""
        raise DataError("this sentence encoder takes texts only; use a CLIP encoder for pictures")

    def save(self, directory: Path) -> None:
        """Write the checkpoint; see `Encoder.save`."""
        write_atomically(directory, self._write)

    def _write(self, directory: Path) -> None:
        for name in (*FILES, *SENTENCE_FILES):
            if (self._directory / name).exists():
                (directory / name).parent.mkdir(exist_ok=True)
                shutil.copyfile(self._directory / name, directory / name)
        save_weights(directory, self._tensors)
