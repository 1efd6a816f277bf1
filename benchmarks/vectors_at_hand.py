"""Made-up vectors for every query and product of a prepared data folder, in the layout of precomputed vectors."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import IMAGE, PRODUCT_ID, QUERY, QUERY_ID, SPLITS
from vitrine.data.contract.files import catalogue_records, judgement_records
from vitrine.data.vectors.files import FOLDER, ProductVectors, QueryVectors, write_vector_files


def write_vectors(data: Path, dimension: int, images: bool = False, seed: int = 0) -> Path:
    """Write random unit vectors of `dimension` numbers to `data`/vectors; return that folder.

    Products have a vector of their text and, if `images`, one of their image where the catalogue names one.
    """
    folder = data / FOLDER
    rng = np.random.default_rng(seed)
    write_vector_files(
        folder, "random", dimension, _queries(data, dimension, rng), _products(data, dimension, images, rng)
    )
    return folder


def _queries(data: Path, dimension: int, rng: np.random.Generator) -> Iterator[QueryVectors]:
    tables = [records.table.select([QUERY_ID, QUERY]) for split in SPLITS for records in judgement_records(data, split)]
    rows = pa.concat_tables(tables).group_by(QUERY_ID).aggregate([(QUERY, "min")]).combine_chunks()
    ids, texts = (rows[name].combine_chunks() for name in (QUERY_ID, f"{QUERY}_min"))
    yield QueryVectors(ids, texts, _unit(rng, len(ids), dimension))


def _products(data: Path, dimension: int, images: bool, rng: np.random.Generator) -> Iterator[ProductVectors]:
    for records in catalogue_records(data):
        ids, rows = records.table[PRODUCT_ID].combine_chunks(), records.table.num_rows
        has_image = np.asarray(pc.not_equal(records.table[IMAGE], "")) if images else np.zeros(rows, bool)
        image = _unit(rng, rows, dimension) if images else np.zeros((rows, dimension), np.float32)
        image[~has_image] = 0
        yield ProductVectors(ids, _unit(rng, rows, dimension), image, np.ones(rows, bool), has_image)


def _unit(rng: np.random.Generator, rows: int, dimension: int) -> npt.NDArray[np.float32]:
    vectors = rng.standard_normal((rows, dimension), np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
