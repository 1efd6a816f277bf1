"""Rows of a table in the graph, whose whole content is never copied."""

import tensorflow as tf


def rows_of(table: tf.Tensor | tf.Variable, places: tf.Tensor) -> tf.Tensor:
    """Return the rows at `places` int [...] of a `table` [N, ...], [..., *table.shape[1:]].

    `tf.gather` of a variable is the op `ResourceGather`, after whose first run TensorFlow copies the whole variable
    whenever it is read (`EnsureSparseVariableAccess` in `training_op_helpers.h`). An exact search would copy the
    vectors of all products. Reading first, and gathering from the value, copies the rows only.
    """
    return tf.gather(tf.convert_to_tensor(table), places)
