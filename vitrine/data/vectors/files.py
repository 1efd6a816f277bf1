"""Files of precomputed vectors: `vectors/{queries,products}.parquet` and `vectors/vectors.json`.

Vectors are float32 of unit length. A product without text or without an image has zeros there, with `has_text` or
`has_image` false.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import parquet

from vitrine.data.columns import (
    HAS_IMAGE,
    HAS_TEXT,
    IMAGE_VECTOR,
    PRODUCT_ID,
    QUERY,
    QUERY_ID,
    QUERY_VECTOR,
    TEXT_VECTOR,
)
from vitrine.data.formats.arrow import vector_column
from vitrine.errors import DataError

FOLDER: Final = "vectors"
QUERIES: Final = "queries.parquet"
PRODUCTS: Final = "products.parquet"
DESCRIPTION: Final = "vectors.json"


@dataclass(frozen=True)
class VectorFiles:
    """The content of `vectors.json`: the model that made the vectors, their dimension D, the counts in the files, and a
    SHA-256 (hex) of ids and vectors in order.
    """

    model: str
    dimension: int
    fingerprint: str
    queries: int
    products: int
    with_text: int
    with_image: int


@dataclass(frozen=True)
class QueryVectors:
    """Vectors of queries: `query_id` and `query` string [N], `vector` float32 [N, D]."""

    query_id: pa.Array
    query: pa.Array
    vector: NDArray[np.float32]


@dataclass(frozen=True)
class ProductVectors:
    """Products' vectors: `product_id` string [N], `text`, `image` float32 [N, D], `has_text`, `has_image` bool [N]."""

    product_id: pa.Array
    text: NDArray[np.float32]
    image: NDArray[np.float32]
    has_text: NDArray[np.bool_]
    has_image: NDArray[np.bool_]


def write_vector_files(
    folder: Path, model: str, dimension: int, queries: Iterable[QueryVectors], products: Iterable[ProductVectors]
) -> VectorFiles:
    """Write the three files to a new folder, batch by batch."""
    folder.mkdir(parents=True)
    vector = pa.list_(pa.float32(), dimension)
    names: list[tuple[str, Any]] = [(QUERY_ID, pa.string()), (QUERY, pa.string()), (QUERY_VECTOR, vector)]
    query_digest = _FileDigest()
    with parquet.ParquetWriter(folder / QUERIES, pa.schema(names), compression="zstd", use_dictionary=False) as file:
        for batch in queries:
            query_digest.add(batch.query_id, batch.vector)
            file.write_batch(pa.record_batch([batch.query_id, batch.query, vector_column(batch.vector)], file.schema))
    names = [(PRODUCT_ID, pa.string()), (TEXT_VECTOR, vector), (IMAGE_VECTOR, vector)]
    names += [(HAS_TEXT, pa.bool_()), (HAS_IMAGE, pa.bool_())]
    product_digest = _FileDigest()
    with parquet.ParquetWriter(folder / PRODUCTS, pa.schema(names), compression="zstd", use_dictionary=False) as file:
        for block in products:
            product_digest.add(block.product_id, block.text, block.image)
            vectors = [vector_column(block.text), vector_column(block.image)]
            has = [pa.array(block.has_text), pa.array(block.has_image)]
            file.write_batch(pa.record_batch([block.product_id, *vectors, *has], file.schema))
    with_text, with_image = product_digest.present
    fingerprint = _fingerprint(query_digest, product_digest)
    description = VectorFiles(
        model, dimension, fingerprint, query_digest.rows, product_digest.rows, with_text, with_image
    )
    (folder / DESCRIPTION).write_text(json.dumps(asdict(description), indent=2) + "\n", encoding="utf-8")
    return description


class _FileDigest:
    """Digests of ids and of each vector column, independent of the batches, and the number of rows with a vector."""

    def __init__(self) -> None:
        self.rows = 0
        self.present = [0, 0]
        self.digests = [hashlib.sha256() for _ in range(3)]

    def add(self, ids: pa.Array, *columns: NDArray[np.float32]) -> None:
        self.rows += len(ids)
        self.digests[0].update("".join(f"{id_}\n" for id_ in ids.to_pylist()).encode())
        for index, vectors in enumerate(columns):
            self.present[index] += int(vectors.any(axis=1).sum())
            self.digests[index + 1].update(np.ascontiguousarray(vectors, "<f4").data)


def _fingerprint(*files: _FileDigest) -> str:
    digests = (digest.hexdigest() for file in files for digest in file.digests)
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def read_description(folder: Path) -> VectorFiles:
    """Read `vectors.json`.

    Raises:
        DataError: the folder does not hold it, or it has other fields.
    """
    path = folder / DESCRIPTION
    try:
        return VectorFiles(**json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        wanted = "expected a folder of vectors such as `vitrine prepare sqid` writes"
        raise DataError(f"{path}: {error.strerror}; {wanted}") from error
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: not a description of vectors ({error})") from error
