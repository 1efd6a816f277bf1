"""User code of the pipelines that `pipeline_rows.py` compares: one model, the same vectors."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import tensorflow as tf
import tensorflow_transform as tft
from tfx.components.trainer.fn_args_utils import FnArgs

from vitrine.embeddings.table import EmbeddingTable
from vitrine.labels import LABELS

DIMENSION = 768
COLUMNS = tuple(f"f{i}" for i in range(DIMENSION))
BATCH = 256


def scalar_preprocessing_fn(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Output 768 scalar columns, and the label as a class id."""
    label = _dense(inputs["esci_label"], "")
    return {name: _dense(inputs[name], 0.0) for name in COLUMNS} | {"label": _class_id(label)}


def mapped_preprocessing_fn(inputs: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    """Output the row number of the query's vector, and the label as a class id."""
    return {"query_row": _dense(inputs["query_row"], 0), "label": _class_id(_dense(inputs["esci_label"], ""))}


def scalar_run_fn(fn_args: FnArgs) -> None:
    """Train on the columns, stacked into vectors."""
    _fit(fn_args, lambda rows: (tf.stack([rows[name] for name in COLUMNS], axis=1), rows["label"]))


def mapped_run_fn(fn_args: FnArgs) -> None:
    """Train on the vectors in the memory-mapped folder `queries`, looked up by row number."""
    vectors = EmbeddingTable.open(Path(fn_args.custom_config["queries"])).vectors["query_vector"]

    def look_up(rows: Mapping[str, tf.Tensor]) -> tuple[tf.Tensor, tf.Tensor]:
        gathered = tf.numpy_function(vectors.__getitem__, [rows["query_row"]], tf.float32, stateful=False)
        return tf.ensure_shape(gathered, [None, DIMENSION]), rows["label"]

    _fit(fn_args, look_up)


def _fit(fn_args: FnArgs, split: "tf.types.experimental.GenericFunction") -> None:
    spec = tft.TFTransformOutput(fn_args.transform_graph_path).transformed_feature_spec()

    def batches() -> Iterator[tuple[tf.Tensor, tf.Tensor]]:
        records = tf.data.TFRecordDataset(tf.io.gfile.glob(fn_args.train_files), compression_type="GZIP")
        yield from records.batch(BATCH).map(lambda batch: split(tf.io.parse_example(batch, spec)))

    model = tf.keras.Sequential([tf.keras.layers.Dense(64, "relu"), tf.keras.layers.Dense(len(LABELS))])
    loss, optimizer = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True), tf.keras.optimizers.Adam()
    for vectors, label in batches():
        with tf.GradientTape() as tape:
            error = loss(label, model(vectors))
        optimizer.apply_gradients(zip(tape.gradient(error, model.weights), model.weights, strict=True))
    Path(fn_args.serving_model_dir).mkdir(parents=True)
    model.export(fn_args.serving_model_dir, verbose=False)


def _dense(values: tf.Tensor, default: str | float) -> tf.Tensor:
    if isinstance(values, tf.SparseTensor):
        values = tf.sparse.to_dense(values, default_value=default)
    return tf.reshape(values, [-1])


def _class_id(label: tf.Tensor) -> tf.Tensor:
    return tf.argmax(tf.cast(label[:, None] == tf.constant(LABELS), tf.int32), axis=1)
