"""Index files in `serving/index/<version>/`: vectors and catalogue for the gateway, FAISS, Milvus and notebooks.

* `vectors.parquet`, in the order of the model's rows: the catalogue's columns (`product_id`, `title`, …, `image`,
  `price`), `has_text`, `has_image`, and fixed-size lists of float32 [D]: `text_vector` and, if a product has an image,
  `image_vector`. Where the run trained a category head, `category_predicted` and `category_probability` have the
  categories that it predicts for products without one.
* `index.faiss`: the search vectors by inner product, in the order of the Parquet rows and in the precision of the
  model: the fused vector of text queries followed by its bias, [D + 1]. Search it with the embedding of a query
  followed by 1. It has the inverted lists of the model, if that has any.
* `attributes.parquet`: the products' attributes and currencies (`vitrine.data.attributes.table`), if there are any.
* `index.json`: the description of the first two.
* `junk_images.npz`: the detection of junk images (`vitrine.search.image_confidence`), if it is calibrated.

The first two are written block by block, so that memory does not grow with the catalogue.
"""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
from pyarrow import parquet
from pydantic import BaseModel, Field, PositiveInt, ValidationError

from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.table import FILE as _ATTRIBUTES
from vitrine.data.attributes.table import write_attributes
from vitrine.data.columns import ATTRIBUTES, HAS_IMAGE, HAS_TEXT, IMAGE_VECTOR, PRODUCT_ID, TEXT_VECTOR
from vitrine.errors import DataError
from vitrine.search.confidence import Confidence
from vitrine.search.faiss_file import FaissLists, write_faiss
from vitrine.search.fusion import FusedVectors
from vitrine.search.image_confidence import FILE as _IMAGE_CONFIDENCE
from vitrine.search.image_confidence import ImageConfidence
from vitrine.search.products import Products
from vitrine.search.row_blocks import Vectors, row_blocks
from vitrine.search.settings import SearchSettings, SearchWeights

_VECTORS: Final = "vectors.parquet"
_FAISS: Final = "index.faiss"
_DESCRIPTION: Final = "index.json"
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
    lists: FaissLists | None = None,
    judged_by: Mapping[str, int] | None = None,
    image_confidence: ImageConfidence | None = None,
    attributes: Mapping[str, Attribute] = MappingProxyType({}),
) -> None:
    """Write the files into `directory`.

    `fingerprint` is the encoder's, `image_root` the root of image paths, and `any_text` is false if the model answers
    known queries only. `lists` are the inverted lists of the model's text queries, None if it searches exactly.
    `judged_by` are the numbers of judgements that the model learnt from, by judge. Without `image_confidence`, no image
    query is refused. `attributes` are those that the products are declared to have.
    """
    directory.mkdir(parents=True, exist_ok=True)
    packed = products.table[ATTRIBUTES] if ATTRIBUTES in products.table.column_names else None
    write_attributes(directory, products.table[PRODUCT_ID], packed, attributes)
    _write_parquet(directory / _VECTORS, products)
    kind = write_faiss(directory / _FAISS, FusedVectors(weights.text_query, products), settings.precision, lists)
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
        "judged_by": dict(judged_by or {}),
    }
    (directory / _DESCRIPTION).write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    if image_confidence is not None:
        image_confidence.write(directory)


class ServedSettings(BaseModel):
    """The settings of `search` that programs read."""

    diversity: float = Field(default=0.0, ge=0, le=1)


class IndexDescription(BaseModel):
    """The fields of `index.json` that programs read. The file has more fields, for people."""

    dimension: PositiveInt
    fingerprint: str = ""
    confidence: Confidence = Confidence()
    image_root: str = ""
    any_text: bool = True
    settings: ServedSettings = ServedSettings()
    weights: SearchWeights = SearchWeights()
    judged_by: dict[str, int] = {}


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
    """Return a digest of the contents that programs read: the Parquet files, `index.json` and `junk_images.npz`."""
    with (directory / _VECTORS).open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b")
    digest.update((directory / _DESCRIPTION).read_bytes())
    for name in (_IMAGE_CONFIDENCE, _ATTRIBUTES):
        if (directory / name).exists():
            digest.update((directory / name).read_bytes())
    return digest.hexdigest()[:32]


def read_titles(directory: Path) -> dict[str, str]:
    """Return the title of each product id."""
    table = parquet.read_table(directory / _VECTORS, columns=[PRODUCT_ID, TITLE])
    return dict(zip(table[PRODUCT_ID].to_pylist(), table[TITLE].to_pylist(), strict=True))


def _write_parquet(path: Path, products: Products) -> None:
    sides = {TEXT_VECTOR: products.text_vectors, IMAGE_VECTOR: products.image_vectors}
    stored = {name: vectors for name, vectors in sides.items() if vectors is not None}
    names = [name for name in products.table.column_names if name != ATTRIBUTES]
    table = products.table.select(names).append_column(HAS_TEXT, pa.array(products.has_text))
    table = table.append_column(HAS_IMAGE, pa.array(products.has_image))
    schema = table.schema
    for name in stored:
        schema = schema.append(pa.field(name, pa.list_(pa.float32(), products.dimension)))
    # Numbers of vectors hardly repeat: neither dictionaries nor compression make them smaller.
    with parquet.ParquetWriter(
        path, schema, compression=dict.fromkeys(table.column_names, "zstd"), use_dictionary=table.column_names
    ) as writer:
        for block in row_blocks(products.count):
            part = table.slice(block.start, block.stop - block.start)
            for name, vectors in stored.items():
                part = part.append_column(schema.field(name), _list_column(vectors[block]))
            writer.write_table(part)


def _list_column(matrix: Vectors) -> pa.FixedSizeListArray:
    return pa.FixedSizeListArray.from_arrays(pa.array(np.ascontiguousarray(matrix).ravel()), matrix.shape[1])
