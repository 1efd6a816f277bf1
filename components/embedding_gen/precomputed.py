"""The encoding step without an encoder: the vectors of a shard's ids are looked up in prepared files."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from components.embedding_gen.encode import EncodeShard
from components.embedding_gen.settings import Settings
from components.embedding_gen.undecodable_images import Undecodable
from vitrine.data import columns
from vitrine.data.vectors.lookup import product_vectors, query_vectors


class LookUpVectors(EncodeShard):
    """EncodeShard with the precomputed vectors of `folder`. Texts and images are not read."""

    def __init__(self, id_column: str, folder: str, directory: str, settings: Settings) -> None:
        super().__init__(id_column, "", directory, settings)
        self._folder = folder

    def setup(self) -> None:
        """Load nothing: no encoder is needed."""

    def _encode_queries(self, rows: pa.Table) -> NDArray[np.float32]:
        return query_vectors(Path(self._folder), rows[columns.QUERY_ID].combine_chunks())

    def _encode_products(
        self, rows: pa.Table, undecodable: Undecodable
    ) -> tuple[dict[str, NDArray[np.float32]], dict[str, pa.Array]]:
        products = product_vectors(Path(self._folder), rows[columns.PRODUCT_ID].combine_chunks())
        vectors = {columns.TEXT_VECTOR: products.text, columns.IMAGE_VECTOR: products.image}
        return vectors, {
            columns.HAS_TEXT: pa.array(products.has_text),
            columns.HAS_IMAGE: pa.array(products.has_image),
        }
