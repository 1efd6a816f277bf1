"""Index files in `serving/index/<version>/`: vectors and catalogue for the gateway, FAISS, Milvus and notebooks.

* `vectors.parquet`, in the order of the model's rows: the catalogue's columns (`product_id`, `title`, …, `image`,
  `price`), `has_text`, `has_image`, and fixed-size lists of float32: `text_vector`, `image_vector` [D], and
  `search_vector` [D + 1], the fused vector of text queries followed by its bias.
* `index.faiss`: the search vectors by inner product, in the order of the Parquet rows. Search it with the embedding of
  a query followed by 1.
* `index.json`: the description of the other two.
"""

import hashlib
import json
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from pydantic import BaseModel, PositiveInt, ValidationError

from vitrine.data.columns import HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_ID, TEXT_VECTOR
from vitrine.errors import DataError
from vitrine.search.confidence import Confidence
from vitrine.search.fusion import Vectors, coefficients, fold
from vitrine.search.products import Products
from vitrine.search.settings import SearchSettings, SearchWeights

_VECTORS: Final = "vectors.parquet"
_FAISS: Final = "index.faiss"
_DESCRIPTION: Final = "index.json"
SEARCH_VECTOR: Final = "search_vector"
TITLE: Final = "title"


def write_index(
    directory: Path,
    products: Products,
    weights: SearchWeights,
    settings: SearchSettings,
    fingerprint: str,
    confidence: Confidence | None = None,
    image_root: str = "",
    any_text: bool = True,
) -> None:
    """Write the three files into `directory`.

    `fingerprint` is the encoder's, `image_root` the root of image paths, and `any_text` is false if the model answers
    known queries only.
    """
    directory.mkdir(parents=True, exist_ok=True)
    coefficient = coefficients(weights.text_query, products)
    search = np.concatenate([fold(coefficient, products), coefficient[:, 2:]], axis=1)
    vectors = {
        HAS_TEXT: pa.array(products.has_text),
        HAS_IMAGE: pa.array(products.has_image),
        TEXT_VECTOR: _lists(products.text_vectors),
        IMAGE_VECTOR: _lists(products.image_vectors),
        SEARCH_VECTOR: _lists(search),
    }
    table = products.table
    for name, column in vectors.items():
        table = table.append_column(name, column)
    parquet.write_table(table, directory / _VECTORS, compression="zstd")
    kind = _write_faiss(directory / _FAISS, search, settings)
    description: dict[str, object] = {
        "dimension": products.dimension,
        "count": products.count,
        "fingerprint": fingerprint,
        "faiss": kind,
        "query": "the embedding (of unit length) followed by 1",
        "weights": weights.model_dump(),
        "settings": settings.model_dump(),
        "confidence": (confidence or Confidence()).model_dump(mode="json"),
        "image_root": image_root,
        "any_text": any_text,
    }
    (directory / _DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")


class IndexDescription(BaseModel):
    """The fields of `index.json` that programs read. The file has more fields, for people."""

    dimension: PositiveInt
    confidence: Confidence = Confidence()
    image_root: str = ""
    any_text: bool = True


def read_description(directory: Path) -> IndexDescription:
    """Read `index.json`.

    Raises:
        DataError: the file is missing, or not as `write_index` writes it.
    """
    path = directory / _DESCRIPTION
    try:
        return IndexDescription.model_validate_json(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise DataError(f"{path}: {where + ': ' if where else ''}{first['msg']}; run the pipeline again") from None


def products_file(directory: Path) -> Path:
    """Return the Parquet file with the catalogue's columns, in the order of the model's rows."""
    return directory / _VECTORS


def index_digest(directory: Path) -> str:
    """Return a digest of the contents that programs read: the Parquet file and `index.json`."""
    with (directory / _VECTORS).open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b")
    digest.update((directory / _DESCRIPTION).read_bytes())
    return digest.hexdigest()[:32]


def read_titles(directory: Path) -> dict[str, str]:
    """Return the title of each product id."""
    table = parquet.read_table(directory / _VECTORS, columns=[PRODUCT_ID, TITLE])
    return dict(zip(table[PRODUCT_ID].to_pylist(), table[TITLE].to_pylist(), strict=True))


def _write_faiss(path: Path, vectors: Vectors, settings: SearchSettings) -> str:
    import faiss

    count, dimension = vectors.shape
    vectors = np.ascontiguousarray(vectors, dtype=np.float32)
    flat = faiss.IndexFlatIP(dimension)
    if not settings.inverted(count):
        flat.add(vectors)
        faiss.write_index(flat, str(path))
        return "IndexFlatIP"
    lists = settings.list_count(count)
    index = faiss.IndexIVFFlat(flat, dimension, lists, faiss.METRIC_INNER_PRODUCT)
    index.cp.min_points_per_centroid = 1
    index.train(vectors)
    index.add(vectors)
    index.nprobe = settings.probes or max(1, lists // 8)
    faiss.write_index(index, str(path))
    return f"IndexIVFFlat, {lists} lists, nprobe {index.nprobe}"


def _lists(matrix: Vectors) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(matrix.astype(np.float32).ravel()), matrix.shape[1])
