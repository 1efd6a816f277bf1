"""Vectors of a prepared data folder's titles and queries by MiniLM, in the layout of precomputed vectors.

    python -m benchmarks.encoded_vectors DATA

They are encoded once, for benchmarks and runs with `encoder.kind: precomputed`. Needs the extra `minilm`.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa

from vitrine.data.columns import PRODUCT_ID, QUERY, QUERY_ID, SPLITS
from vitrine.data.contract.files import catalogue_records, judgement_records
from vitrine.data.vectors.files import FOLDER, ProductVectors, QueryVectors, VectorFiles, write_vector_files
from vitrine.encoders.loading import MINILM, load_encoder, source_directory
from vitrine.encoders.protocol import Encoder
from vitrine.search.row_blocks import Vectors, row_blocks

BATCH: Final = 256


def write_vectors(data: Path) -> VectorFiles:
    """Encode titles and queries, and write `data`/vectors."""
    encoder = load_encoder(source_directory(f"package:{MINILM}"), "bfloat16")
    queries, products = _queries(data, encoder), _products(data, encoder)
    return write_vector_files(data / FOLDER, "all-MiniLM-L6-v2", encoder.dimension, queries, products)


def _queries(data: Path, encoder: Encoder) -> Iterator[QueryVectors]:
    tables = [records.table.select([QUERY_ID, QUERY]) for split in SPLITS for records in judgement_records(data, split)]
    rows = pa.concat_tables(tables).group_by(QUERY_ID).aggregate([(QUERY, "min")]).combine_chunks()
    ids, texts = (rows[name].combine_chunks() for name in (QUERY_ID, f"{QUERY}_min"))
    yield QueryVectors(ids, texts, _encode(encoder, texts.to_pylist()))


def _products(data: Path, encoder: Encoder) -> Iterator[ProductVectors]:
    for records in catalogue_records(data):
        titles = records.table["title"].to_pylist()
        has_text = np.array([bool(title) for title in titles])
        vectors = np.where(has_text[:, None], _encode(encoder, titles), np.float32(0))
        ids = records.table[PRODUCT_ID].combine_chunks()
        yield ProductVectors(ids, vectors, np.zeros_like(vectors), has_text, np.zeros_like(has_text))


def _encode(encoder: Encoder, texts: list[str]) -> Vectors:
    """Return the vectors of texts, which are encoded by length: a batch is as long as its longest text."""
    order = np.argsort([len(text) for text in texts])
    vectors = np.empty((len(texts), encoder.dimension), np.float32)
    for block in row_blocks(len(texts), BATCH):
        vectors[order[block]] = encoder.encode_document([texts[row] for row in order[block]])
    return vectors


def main() -> None:
    """Write the vectors and print their description."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    print(write_vectors(parser.parse_args().data))


if __name__ == "__main__":
    main()
