"""Writing of embeddings: parts, written where entities are encoded, and the folder that they are joined to.

A part is an Arrow IPC stream of a few batches, each with the columns of the rows and its vectors as fixed-size lists.
"""

from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vitrine.data.formats.arrow import as_matrix, vector_column
from vitrine.embeddings.layout import ROWS, vector_file


def part_batch(rows: pa.RecordBatch, vectors: Mapping[str, NDArray[np.float32]]) -> pa.RecordBatch:
    """Return a batch of a part: the columns of `rows`, and `vectors`, float32 [N, D] by name."""
    columns = dict(zip(rows.schema.names, rows.columns, strict=True))
    return pa.RecordBatch.from_pydict(columns | {name: vector_column(matrix) for name, matrix in vectors.items()})


def write_embeddings(folder: Path, batches: Iterable[pa.RecordBatch], count: int) -> None:
    """Write the embeddings folder of `count` rows from the batches of all parts, one at a time.

    Raises:
        ValueError: the batches have another number of rows.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        files: dict[str, IO[bytes]] = {}
        writer, written, has_vector = None, 0, dict[str, bool]()
        for batch in batches:
            names = [field.name for field in batch.schema if pa.types.is_fixed_size_list(field.type)]
            rows = batch.drop_columns(names)
            if writer is None:
                writer = stack.enter_context(pa.ipc.new_file(str(folder / ROWS), rows.schema))
                sizes = {name: batch.schema.field(name).type.list_size for name in names}
                files = {name: _open_matrix(stack, folder, name, (count, size)) for name, size in sizes.items()}
            writer.write_batch(rows)
            for name, file in files.items():
                matrix = as_matrix(pa.chunked_array([batch.column(name)]))
                has_vector[name] = has_vector.get(name, False) or bool(matrix.any())
                file.write(np.ascontiguousarray(matrix, "<f4").data)
            written += batch.num_rows
    if written != count:
        raise ValueError(f"{folder}: {written} rows were encoded, and {count} were announced")
    used = [name for name, has in has_vector.items() if has] or list(files)[:1]  # one file to know the dimension from
    for name in files.keys() - set(used):
        vector_file(folder, name).unlink()


def _open_matrix(stack: ExitStack, folder: Path, name: str, shape: tuple[int, int]) -> IO[bytes]:
    file = stack.enter_context(vector_file(folder, name).open("wb"))
    np.lib.format.write_array_header_1_0(file, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return file
