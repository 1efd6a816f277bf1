"""The first half without an encoder: the vectors of a shard's ids are looked up where they were prepared."""

from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from components.embedding_gen.encode import EncodeShard
from components.embedding_gen.settings import Settings
from components.embedding_gen.undecodable_images import Undecodable
from vitrine.data import columns
from vitrine.data.vectors.lookup import product_vectors, query_vectors


class LookUpShard(EncodeShard):
    """As EncodeShard, with the vectors of `folder`. Texts and pictures are not read."""

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
        found = product_vectors(Path(self._folder), rows[columns.PRODUCT_ID].combine_chunks())
        vectors = {columns.TEXT_VECTOR: found.text, columns.IMAGE_VECTOR: found.image}
        return vectors, {columns.HAS_TEXT: pa.array(found.has_text), columns.HAS_IMAGE: pa.array(found.has_image)}
