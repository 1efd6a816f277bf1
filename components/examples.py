"""Reading and writing of the splits of an Examples artifact as Arrow tables."""

import pyarrow as pa
import tensorflow as tf
from tfx.components.util import examples_utils
from tfx.proto import example_gen_pb2
from tfx.types import Artifact, artifact_utils
from tfx_bsl.coders.example_coder import RecordBatchToExamplesEncoder

from vitrine.data.formats.arrow import as_features
from vitrine.data.formats.tf_examples import read_columns


def read_split(examples: Artifact, split: str, names: tuple[str, ...]) -> pa.Table:
    """Return the features `names` of one split, one value per row; see `read_columns`."""
    return read_columns(f"{artifact_utils.get_split_uri([examples], split)}/*", names)


def write_splits(examples: Artifact, tables: dict[str, pa.Table]) -> None:
    """Write one table for each split, as ExampleGen writes it."""
    examples.split_names = artifact_utils.encode_split_names(list(tables))
    examples_utils.set_payload_format(examples, example_gen_pb2.FORMAT_TF_EXAMPLE)
    encoder = RecordBatchToExamplesEncoder()
    for split, table in tables.items():
        folder = artifact_utils.get_split_uri([examples], split)
        tf.io.gfile.makedirs(folder)
        with tf.io.TFRecordWriter(f"{folder}/data_tfrecord-00000-of-00001.gz", "GZIP") as writer:
            for batch in table.to_batches():
                for record in encoder.encode(as_features(batch)):
                    writer.write(record)
