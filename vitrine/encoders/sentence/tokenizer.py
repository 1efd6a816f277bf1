"""BERT's tokenizer in the graph."""

from pathlib import Path

import tensorflow as tf
import tensorflow_text as tf_text

from vitrine.errors import DataError


class BertTokenizer(tf.Module):
    """Raw strings to token ids, from `[CLS]` to `[SEP]`."""

    def __init__(self, vocabulary: list[str], max_tokens: int):
        super().__init__()
        self.vocabulary = vocabulary
        self.max_tokens = max_tokens
        self.start, self.end = vocabulary.index("[CLS]"), vocabulary.index("[SEP]")
        self._tokenizer = tf_text.FastBertTokenizer(vocabulary, lower_case_nfd_strip_accents=True)

    def __call__(self, texts: tf.Tensor) -> tf.RaggedTensor:
        """Return int32 ids [B, (T)] of the strings [B], at most `max_tokens` each."""
        ids = tf.cast(self._tokenizer.tokenize(texts), tf.int32)[:, : self.max_tokens - 2]
        edge = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        return tf.concat([edge * self.start, ids, edge * self.end], axis=1)


def read_vocabulary(directory: Path) -> list[str]:
    """Return the tokens of `vocab.txt` in order of id.

    Raises:
        DataError: the file is missing.
    """
    path = directory / "vocab.txt"
    if not path.is_file():
        raise DataError(f"{path}: no such file; a BERT checkpoint needs it")
    return path.read_text(encoding="utf-8").removesuffix("\n").split("\n")
