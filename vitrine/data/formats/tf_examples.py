"""Reading of tf.Examples into an Arrow table."""

import pyarrow as pa
import tensorflow as tf
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from vitrine.data.formats.arrow import strings

BATCH = 4096


def read_columns(pattern: str, names: tuple[str, ...]) -> pa.Table:
    """Read string features, one value per row, from the gzipped TFRecord files that `pattern` matches."""
    files = sorted(tf.io.gfile.glob(pattern))
    decoder = ExamplesToRecordBatchDecoder()
    tables = [pa.table({name: pa.array([], pa.string()) for name in names})]
    for records in tf.data.TFRecordDataset(files, compression_type="GZIP").batch(BATCH).as_numpy_iterator():
        batch = decoder.DecodeBatch(list(records))
        tables.append(pa.table({name: strings(batch, name) for name in names}))
    return pa.concat_tables(tables).combine_chunks()
