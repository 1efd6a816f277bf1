"""The modules after pooling: dense layers, layer normalisation and normalisation to unit length."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import tensorflow as tf

from vitrine.encoders.checkpoint import Checkpoint, Json
from vitrine.encoders.field_values import positive_int
from vitrine.encoders.known_fields import require_known
from vitrine.encoders.transformer_layers import Dense, LayerNorm, Weights, module_tensors
from vitrine.errors import DataError

ACTIVATIONS: Final[dict[str, Callable[[tf.Tensor], tf.Tensor]]] = {
    "Identity": tf.identity,
    "Tanh": tf.tanh,
    "ReLU": tf.nn.relu,
    "GELU": lambda x: tf.nn.gelu(x, approximate=False),
    "Sigmoid": tf.sigmoid,
    "SiLU": tf.nn.silu,
}
"""PyTorch's activations by their class."""
PLACES: Final = dict.fromkeys(("module_input_name", "module_output_name"), "sentence_embedding")
DENSE: Final = ("in_features", "out_features", "bias", "activation_function", "use_residual")
EPSILON: Final = 1e-5
"""PyTorch's default, which sentence-transformers' LayerNorm has."""


class Head(NamedTuple):
    """A module after pooling: its kind, its folder, and the lengths of its input and output."""

    kind: str
    folder: str
    inputs: int
    outputs: int
    activation: str = ""
    bias: bool = True
    residual: bool = False


def read_head(kind: str, folder: str, fields: Json, inputs: int, where: str) -> Head:
    """Read the settings of the module `kind` for vectors of length `inputs`.

    Raises:
        DataError: a setting is not known or not supported, or the module is for vectors of another length.
    """
    if kind in ("Normalize", "Dropout"):
        require_known(fields, where, ("dropout",), PLACES, strict=True)
        return Head(kind, folder, inputs, inputs)
    if kind == "LayerNorm":
        require_known(fields, where, ("dimension",), strict=True)
        _require_length(fields.get("dimension"), inputs, "dimension", where)
        return Head(kind, folder, inputs, inputs)
    require_known(fields, where, DENSE, PLACES, strict=True)
    _require_length(fields.get("in_features"), inputs, "in_features", where)
    name = str(fields.get("activation_function") or "torch.nn.modules.activation.Tanh")
    activation = name.rpartition(".")[2]
    if not name.startswith("torch.nn.") or activation not in ACTIVATIONS:
        raise DataError(f"{where}: activation_function '{name}' is not supported; {', '.join(ACTIVATIONS)} are")
    outputs = positive_int(fields.get("out_features"), f"{where}: out_features")
    bias, residual = fields.get("bias", True) is not False, bool(fields.get("use_residual"))
    return Head(kind, folder, inputs, outputs, activation, bias, residual)


class HeadLayer(tf.Module):
    """A module after pooling with its weights, in float32."""

    def __init__(self, head: Head, checkpoint: Checkpoint, trainable: bool = False):
        """Take the weights from the module's folder.

        Raises:
            DataError: a weight is missing, or has another shape than the module's settings ask for.
        """
        super().__init__()
        self._head = head
        weights, inputs, outputs = Weights(checkpoint, trainable=trainable), head.inputs, head.outputs
        if head.kind == "Dense":
            linear, residual = f"{head.folder}/linear", f"{head.folder}/residual"
            mixes = head.residual and inputs != outputs
            _require_tensors(
                checkpoint, head, "linear.weight", *["linear.bias"] * head.bias, *["residual.weight"] * mixes
            )
            self._dense = Dense(weights, [linear], inputs, outputs, head.bias)
            self._residual = Dense(weights, [residual], inputs, outputs, has_bias=False) if mixes else tf.identity
        if head.kind == "LayerNorm":
            _require_tensors(checkpoint, head, "norm.weight", "norm.bias")
            self._norm = LayerNorm(weights, f"{head.folder}/norm", inputs, EPSILON)

    def __call__(self, x: tf.Tensor) -> tf.Tensor:
        """Return float32 [B, D'] of vectors float32 [B, D]."""
        if self._head.kind == "Normalize":
            return tf.math.l2_normalize(x, axis=-1)
        if self._head.kind == "LayerNorm":
            return self._norm(x)
        if self._head.kind == "Dropout":
            return x
        y = ACTIVATIONS[self._head.activation](self._dense(x))
        return y + self._residual(x) if self._head.residual else y

    def tensors(self) -> dict[str, npt.NDArray[np.float32]]:
        """Return the current weights, float32, by the checkpoint's names."""
        return module_tensors(self)


def _require_tensors(checkpoint: Checkpoint, head: Head, *names: str) -> None:
    missing = [name for name in names if f"{head.folder}/{name}" not in checkpoint.tensors]
    if missing:
        raise DataError(
            f"{checkpoint.origin}/{head.folder}/model.safetensors: no tensor '{missing[0]}'; weights are read from "
            "safetensors files only: load the model with sentence-transformers, and save it again"
        )


def _require_length(found: object, wanted: int, key: str, where: str) -> None:
    if found != wanted:
        raise DataError(f"{where}: {key} is {found}, but the module before it has vectors of {wanted}")
