"""Signatures of a model: methods with the specifications of their inputs."""

from collections.abc import Callable

import tensorflow as tf

Signatures = dict[str, tuple[Callable[..., dict[str, tf.Tensor]], list[tf.TensorSpec]]]
"""A method and its inputs by the signature's name."""


def functions(signatures: Signatures) -> dict[str, Callable[..., dict[str, tf.Tensor]]]:
    """Return the functions of the signatures, which are traced when the model is saved."""
    return {
        name: tf.function(method, input_signature=inputs, autograph=False)
        for name, (method, inputs) in signatures.items()
    }
