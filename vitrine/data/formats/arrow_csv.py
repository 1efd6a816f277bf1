"""The contract's CSV files as the pipeline reads them: blocks of Arrow arrays, missing cells null, nothing checked."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO

import pyarrow as pa
import pyarrow.csv

from vitrine.data.formats.csv_reading import BLOCK_BYTES


def read_blocks(
    open_file: Callable[[], AbstractContextManager[IO[bytes]]], types: Mapping[str, pa.DataType]
) -> Iterator[pa.RecordBatch]:
    """Yield those columns of `types` that a file has, in the file's order, in blocks of bounded memory.

    `open_file` is called twice: for the header, and for the rows. Raises ArrowInvalid where the file is malformed.
    """
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    read = pa.csv.ReadOptions(block_size=BLOCK_BYTES)
    with open_file() as file:
        present = [name for name in pa.csv.open_csv(file, read, parse).schema.names if name in types]
    convert = pa.csv.ConvertOptions(
        column_types=dict(types), include_columns=present, strings_can_be_null=True, null_values=[""]
    )
    with open_file() as file:
        yield from pa.csv.open_csv(file, read, parse, convert)
