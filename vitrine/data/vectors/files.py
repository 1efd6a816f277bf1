"""Vectors that were made elsewhere, beside a dataset: `vectors/{queries,products}.parquet` and `vectors/vectors.json`.

Vectors are float32 of unit length. An absent side of a product is zeros, with `has_text` or `has_image` false.
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
    """What `vectors.json` says: the model that made the vectors, their length D, what is in the files, and a SHA-256
    (hex) of ids and vectors in order.
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
    """`query_id` and `query` string [N], `vector` float32 [N, D]."""

    query_id: pa.Array
    query: pa.Array
    vector: NDArray[np.float32]


@dataclass(frozen=True)
class ProductVectors:
    """`product_id` string [N], `text` and `image` float32 [N, D], `has_text` and `has_image` bool [N]."""

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
    side = pa.list_(pa.float32(), dimension)
    names: list[tuple[str, Any]] = [(QUERY_ID, pa.string()), (QUERY, pa.string()), (QUERY_VECTOR, side)]
    asked = _Counted()
    with parquet.ParquetWriter(folder / QUERIES, pa.schema(names), compression="zstd", use_dictionary=False) as file:
        for some in queries:
            asked.add(some.query_id, some.vector)
            file.write_batch(pa.record_batch([some.query_id, some.query, vector_column(some.vector)], file.schema))
    names = [(PRODUCT_ID, pa.string()), (TEXT_VECTOR, side), (IMAGE_VECTOR, side)]
    names += [(HAS_TEXT, pa.bool_()), (HAS_IMAGE, pa.bool_())]
    sold = _Counted()
    with parquet.ParquetWriter(folder / PRODUCTS, pa.schema(names), compression="zstd", use_dictionary=False) as file:
        for each in products:
            sold.add(each.product_id, each.text, each.image)
            sides = [vector_column(each.text), vector_column(each.image)]
            has = [pa.array(each.has_text), pa.array(each.has_image)]
            file.write_batch(pa.record_batch([each.product_id, *sides, *has], file.schema))
    described = VectorFiles(
        model, dimension, _fingerprint(asked, sold), asked.rows, sold.rows, sold.present[0], sold.present[1]
    )
    (folder / DESCRIPTION).write_text(json.dumps(asdict(described), indent=2) + "\n", encoding="utf-8")
    return described


class _Counted:
    """Digests of ids and of each vector column, which do not depend on the batches; and how many rows have one."""

    def __init__(self) -> None:
        self.rows = 0
        self.present = [0, 0]
        self.digests = [hashlib.sha256() for _ in range(3)]

    def add(self, ids: pa.Array, *sides: NDArray[np.float32]) -> None:
        self.rows += len(ids)
        self.digests[0].update("".join(f"{one}\n" for one in ids.to_pylist()).encode())
        for column, side in enumerate(sides):
            self.present[column] += int(side.any(axis=1).sum())
            self.digests[column + 1].update(np.ascontiguousarray(side, "<f4").data)


def _fingerprint(*files: _Counted) -> str:
    return hashlib.sha256("".join(one.hexdigest() for file in files for one in file.digests).encode()).hexdigest()


def read_description(folder: Path) -> VectorFiles:
    """Read `vectors.json`.

    Raises:
        DataError: the folder holds none, or one with other fields.
    """
    path = folder / DESCRIPTION
    try:
        return VectorFiles(**json.loads(path.read_text(encoding="utf-8")))
    except OSError as error:
        wanted = "expected a folder of vectors such as `vitrine prepare sqid` writes"
        raise DataError(f"{path}: {error.strerror}; {wanted}") from error
    except (ValueError, TypeError) as error:
        raise DataError(f"{path}: not a description of vectors ({error})") from error
