"""Layers of transformers with the weights of a checkpoint: dense layers, layer normalisation and activations."""

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint

ACTIVATIONS = {
    # erf takes over twice as long in bfloat16 as in float32
    "gelu": lambda x: tf.cast(tf.nn.gelu(tf.cast(x, tf.float32), approximate=False), x.dtype),
    "gelu_new": lambda x: tf.nn.gelu(x, approximate=True),
    "gelu_pytorch_tanh": lambda x: tf.nn.gelu(x, approximate=True),
    "relu": tf.nn.relu,
}


Dropout = Callable[[tf.Tensor], tf.Tensor]
"""A function that drops units in training, or returns its argument."""


def no_dropout(x: tf.Tensor) -> tf.Tensor:
    """Return `x` unchanged."""
    return x


class Weights(NamedTuple):
    """A checkpoint's tensors as variables, of the precision `dtype` or, if they are trainable, float32.

    Computations have the precision of their input, so float32 weights can be trained with bfloat16 products. Tensors
    in `scales` are multiplied by their scale.
    """

    checkpoint: Checkpoint
    dtype: tf.DType = tf.float32
    trainable: bool = False
    scales: Mapping[str, float] = MappingProxyType({})

    def tensor(self, name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float32]:
        """Return a weight of the checkpoint; see `Checkpoint.tensor`."""
        value = self.checkpoint.tensor(name, shape)
        return value * np.float32(self.scales[name]) if name in self.scales else value

    def variable(self, value: npt.NDArray[np.float32], dtype: tf.DType | None = None) -> tf.Variable:
        """Return a variable with `value`."""
        own = tf.float32 if self.trainable else self.dtype
        return tf.Variable(tf.cast(value, dtype or own), trainable=self.trainable)


class Dense(tf.Module):
    """Dense layer, x @ kernel + bias, in the precision of x. Several layers of a checkpoint can be joined into one."""

    def __init__(self, weights: Weights, names: list[str], inputs: int, outputs: int, has_bias: bool = True):
        super().__init__()
        kernel = np.concatenate([weights.tensor(f"{name}.weight", (outputs, inputs)).T for name in names], axis=1)
        self.names = tuple(names)
        self.kernel = weights.variable(kernel)
        self.bias: tf.Variable | None = None
        if has_bias:
            self.bias = weights.variable(np.concatenate([weights.tensor(f"{name}.bias", (outputs,)) for name in names]))

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        product = tf.linalg.matmul(x, tf.cast(self.kernel, x.dtype))
        return product if self.bias is None else tf.nn.bias_add(product, tf.cast(self.bias, x.dtype))

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        kernels = np.split(to_numpy(self.kernel), len(self.names), axis=1)
        tensors = {f"{name}.weight": kernel.T for name, kernel in zip(self.names, kernels, strict=True)}
        if self.bias is not None:
            biases = np.split(to_numpy(self.bias), len(self.names))
            tensors |= {f"{name}.bias": bias for name, bias in zip(self.names, biases, strict=True)}
        return tensors


class LayerNorm(tf.Module):
    """Layer normalisation over the last axis, computed in float32 at every precision."""

    def __init__(self, weights: Weights, name: str, width: int, epsilon: float, has_bias: bool = True):
        super().__init__()
        old = f"{name}.gamma" in weights.checkpoint.tensors  # the names in checkpoints from before 2019
        self.names = (f"{name}.gamma", f"{name}.beta") if old else (f"{name}.weight", f"{name}.bias")
        self.gamma = weights.variable(weights.tensor(self.names[0], (width,)), tf.float32)
        self.beta: tf.Variable | None = None
        if has_bias:
            self.beta = weights.variable(weights.tensor(self.names[1], (width,)), tf.float32)
        self.epsilon = epsilon

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        wide = tf.cast(x, tf.float32)
        mean, variance = tf.nn.moments(wide, axes=[-1], keepdims=True)
        scale = tf.math.rsqrt(variance + self.epsilon) * self.gamma
        normal = (wide - mean) * scale
        return tf.cast(normal if self.beta is None else normal + self.beta, x.dtype)

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, by the checkpoint's names."""
        tensors = {self.names[0]: to_numpy(self.gamma)}
        return tensors if self.beta is None else tensors | {self.names[1]: to_numpy(self.beta)}


class Parameter(tf.Module):
    """One tensor of a checkpoint by itself, such as a table or a kernel without a bias, with its axes in any order."""

    def __init__(self, weights: Weights, name: str, shape: tuple[int, ...], axes: tuple[int, ...] | None = None):
        super().__init__()
        self.tensor_name, self._axes = name, axes or tuple(range(len(shape)))
        self.value = weights.variable(weights.tensor(name, shape).transpose(self._axes))

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weight, by the checkpoint's name."""
        return {self.tensor_name: to_numpy(self.value).transpose(np.argsort(self._axes))}


def module_tensors(module: tf.Module) -> dict[str, npt.NDArray[np.float32]]:
    """Return the current weights of all layers in a module, float32, by the checkpoint's names."""
    tensors: dict[str, npt.NDArray[np.float32]] = {}
    for part in module.submodules:
        if isinstance(part, Dense | LayerNorm | Parameter):
            tensors |= part.tensors()
    return tensors


def unit(vectors: tf.Tensor) -> tf.Tensor:
    """Return float32 vectors [B, D] of unit length."""
    return tf.math.l2_normalize(tf.cast(vectors, tf.float32), axis=-1)


def to_numpy(variable: tf.Variable) -> npt.NDArray[np.float32]:
    """Return a variable's value as float32."""
    value: npt.NDArray[np.float32] = tf.cast(variable, tf.float32).numpy()
    return value
