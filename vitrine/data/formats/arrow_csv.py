"""The contract's CSV files as the pipeline reads them: blocks of Arrow arrays, missing cells null, nothing checked."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import IO

import pyarrow as pa
import pyarrow.csv


def read_blocks(
    open_file: Callable[[], AbstractContextManager[IO[bytes]]], types: Mapping[str, pa.DataType]
) -> Iterator[pa.RecordBatch]:
    """Yield those columns of `types` that a file has, in the file's order, in blocks of bounded memory.

    `open_file` is called twice: for the header, and for the rows. Raises ArrowInvalid where the file is malformed.
    """
    parse = pa.csv.ParseOptions(newlines_in_values=True)
    with open_file() as file:
        present = [name for name in pa.csv.open_csv(file, parse_options=parse).schema.names if name in types]
    convert = pa.csv.ConvertOptions(
        column_types=dict(types), include_columns=present, strings_can_be_null=True, null_values=[""]
    )
    with open_file() as file:
        yield from pa.csv.open_csv(file, parse_options=parse, convert_options=convert)
