"""Work on several processors at the same time, each of which has a copy of the weights (`tf.distribute`)."""

from collections.abc import Callable, Sequence
from typing import TypeVar

import tensorflow as tf

Tensors = Sequence[tf.Tensor | None]
Result = TypeVar("Result")


def training_strategy() -> tf.distribute.Strategy:
    """Return what mirrors weights on all GPUs; with one or none, TensorFlow's default, which mirrors nothing.

    Weights are mirrored if they are made in its scope.
    """
    gpus = tf.config.list_logical_devices("GPU")
    return tf.distribute.MirroredStrategy() if len(gpus) > 1 else tf.distribute.get_strategy()


def on_replicas(
    strategy: tf.distribute.Strategy, work: Callable[..., Tensors], spec: Sequence[tf.TensorSpec]
) -> Callable[..., list[Tensors]]:
    """Return a graph that works on other inputs on each of R replicas.

    `work` takes inputs of `spec`; the graph takes those of all replicas one after the other, and returns R tensors, one
    of each replica, for each that `work` returns.
    """
    count, width = strategy.num_replicas_in_sync, len(spec)

    def everywhere(*inputs: tf.Tensor) -> list[Tensors]:
        if count == 1:
            return [(result,) for result in work(*inputs)]

        def here() -> Tensors:
            place = width * int(tf.get_static_value(tf.distribute.get_replica_context().replica_id_in_sync_group))
            return work(*inputs[place : place + width])

        return [
            (None,) * count if result is None else strategy.experimental_local_results(result)
            for result in strategy.run(here)
        ]

    graph: Callable[..., list[Tensors]] = tf.function(everywhere, input_signature=list(spec) * count, autograph=False)
    return graph


def on_each_replica(
    strategy: tf.distribute.Strategy, work: Callable[..., Result], spec: Sequence[tf.TensorSpec]
) -> Callable[..., Result]:
    """Return a graph that does the same work, of inputs of `spec`, on each replica, and returns the first one's result.

    Mirrored variables have gradients on replicas only.
    """

    def everywhere(*inputs: tf.Tensor) -> Result:
        if strategy.num_replicas_in_sync == 1:
            return work(*inputs)
        results = strategy.run(work, args=inputs)
        first: Result = tf.nest.map_structure(lambda each: strategy.experimental_local_results(each)[0], results)
        return first

    graph: Callable[..., Result] = tf.function(everywhere, input_signature=list(spec), autograph=False)
    return graph
