"""Reading of tf.Examples into an Arrow table."""

import pyarrow as pa
import tensorflow as tf
from tfx_bsl.coders.example_coder import ExamplesToRecordBatchDecoder

from vitrine.data.columns import WEIGHT
from vitrine.data.formats.arrow import floats, strings

BATCH = 4096


def read_columns(pattern: str, names: tuple[str, ...]) -> pa.Table:
    """Read features, one value per row, from the gzipped TFRecord files that `pattern` matches.

    All are strings but `weight`, which is float32 and null without a value.
    """
    files = sorted(tf.io.gfile.glob(pattern))
    decoder = ExamplesToRecordBatchDecoder()
    schema = pa.schema([(name, pa.float32() if name == WEIGHT else pa.string()) for name in names])
    tables = [schema.empty_table()]
    for records in tf.data.TFRecordDataset(files, compression_type="GZIP").batch(BATCH).as_numpy_iterator():
        batch = decoder.DecodeBatch(list(records))
        tables.append(pa.table({name: (floats if name == WEIGHT else strings)(batch, name) for name in names}))
    return pa.concat_tables(tables).combine_chunks()
