"""An encoder of precomputed vectors, which were made elsewhere.

The texts of known queries are looked up in the graph. Other queries need the text encoder that made the vectors;
without it they are refused.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.data.vectors.files import read_description
from vitrine.data.vectors.queries import all_queries
from vitrine.encoders.checkpoint import CONFIG, Checkpoint
from vitrine.encoders.protocol import Encoder
from vitrine.encoders.settings import NEW_QUERY, PRECOMPUTED
from vitrine.encoders.text_batches import text_bytes
from vitrine.errors import ConfigError, DataError

if TYPE_CHECKING:
    from PIL.Image import Image

TEXT: Final = "text"
"""The directory of the matching text encoder's checkpoint in the checkpoint."""
LEAST_COSINE: Final = 0.99
CHECKED: Final = 32
"""Number of queries that are encoded to check that a text encoder matches."""
UNKNOWN: Final = -1


class QueryLookup(tf.Module):
    """The graph that is served without a text encoder: a lookup of the vectors of known queries."""

    def __init__(self, queries: list[str], vectors: npt.NDArray[np.float32]) -> None:
        """Store the `vectors`, float32 [N, D], of `queries`, N distinct texts."""
        super().__init__()
        self.vectors = tf.Variable(vectors, trainable=False, name="query_vectors")
        rows = tf.lookup.KeyValueTensorInitializer(tf.constant(queries), tf.range(len(queries), dtype=tf.int32))
        self.rows = tf.lookup.StaticHashTable(rows, default_value=UNKNOWN)

    @tf.function(autograph=False, input_signature=[tf.TensorSpec([None], tf.string, name="query")])
    def embed_text(self, query: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D], rows of unit length, for known queries, string [B]; other queries fail."""
        rows = self.rows.lookup(query)
        new = tf.boolean_mask(query, rows == UNKNOWN)
        with tf.control_dependencies([tf.debugging.Assert(tf.size(new) == 0, [NEW_QUERY, new[:1]])]):
            return tf.gather(self.vectors, tf.maximum(rows, 0))


class PrecomputedEncoder:
    """A directory of vectors as an encoder; see `vitrine.encoders.protocol.Encoder`. Its checkpoint refers to it."""

    kind = PRECOMPUTED
    encodes_images = False

    def __init__(self, folder: Path, text: Encoder | None = None) -> None:
        """Open the vectors in `folder`; `text` is the encoder of other queries.

        Raises:
            DataError: the directory has no vectors.
        """
        self.folder = folder.resolve()
        self._text = text
        self.encodes_any_text = text is not None
        self._described = read_description(folder)
        self.dimension = self._described.dimension
        known = all_queries(folder)
        first = dict[str, int]()  # a query may occur under several ids
        for row, query in enumerate(known.query.to_pylist()):
            first.setdefault(query, row)
        self._vectors = known.vector[list(first.values())]
        self._rows = {query: row for row, query in enumerate(first)}
        self.module: tf.Module = text.module if text else QueryLookup(list(first), self._vectors)

    @classmethod
    def of(cls, checkpoint: Checkpoint, text: Encoder | None) -> "PrecomputedEncoder":
        """Open the encoder of a checkpoint that `save` wrote.

        Raises:
            DataError: the vectors are missing or have changed.
        """
        fields = checkpoint.json(CONFIG)
        encoder = cls(Path(fields["vectors"]), text)
        if encoder.fingerprint != fields["fingerprint"]:
            raise DataError(f"{encoder.folder}: the vectors have changed since the run began; run again")
        return encoder

    @property
    def fingerprint(self) -> str:
        """The SHA-256 (hex) of all ids and vectors."""
        return self._described.fingerprint

    def encode_text(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D]; see `Encoder.encode_text`.

        Raises:
            DataError: a text is not a known query, and there is no text encoder.
        """
        if self._text:
            return self._text.encode_text(texts)
        queries = [text.decode() for text in text_bytes(texts)]
        if new := [query for query in queries if query not in self._rows]:
            raise DataError(f"{NEW_QUERY} '{new[0]}'")
        return self._vectors[np.array([self._rows[query] for query in queries], np.int64)]

    def encode_document(self, texts: Sequence[str | bytes]) -> npt.NDArray[np.float32]:
        """Return float32 [N, D] by the text encoder; see `Encoder.encode_document`.

        Raises:
            DataError: there is no text encoder.
        """
        if self._text:
            return self._text.encode_document(texts)
        raise DataError("texts of products need the text encoder that made the vectors (encoder.text)")

    def encode_image(self, images: "Sequence[bytes | Image]") -> npt.NDArray[np.float32]:
        """Raise DataError, since only the vectors of the products' images are known."""
        raise DataError("precomputed vectors are those of the products' images only; ask with words")

    def save(self, directory: Path) -> None:
        """Write a checkpoint that refers to the directory and contains the text encoder's checkpoint."""
        fields = {"model_type": PRECOMPUTED, "vectors": str(self.folder), "model": self._described.model}
        fields |= {"dimension": str(self.dimension), "fingerprint": self.fingerprint}
        Checkpoint(str(directory), {CONFIG: json.dumps(fields, indent=2).encode()}, {}).save(directory)
        if self._text:
            self._text.save(directory / TEXT)

    def require_match(self, source: str) -> None:
        """Check on some known queries that the text encoder from `source` made the vectors.

        Raises:
            ConfigError: it encodes them to other vectors.
        """
        if not self._text:
            return
        made_by = f"the vectors in {self.folder} were made by {self._described.model}"
        if self._text.dimension != self.dimension:
            sizes = f"has {self._text.dimension} dimensions, not {self.dimension}"
            raise ConfigError(f"encoder.text: {source} {sizes}; {made_by}")
        queries = list(self._rows)[:CHECKED]
        cosines = (self._text.encode_text(queries) * self._vectors[:CHECKED]).sum(axis=1)
        worst = int(cosines.argmin())
        if cosines[worst] < LEAST_COSINE:
            result = f"gives '{queries[worst]}' a vector with cosine {cosines[worst]:.3f} to the precomputed one"
            raise ConfigError(f"encoder.text: {source} does not match: it {result}; {made_by}")
