"""Classification and regression: signatures that take serialized examples and return labels or numbers."""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Final

import numpy as np

from vitrine.saved_model.arrays import Array, Inputs, Outputs
from vitrine.saved_model.session import Signature
from vitrine.saved_model.status import ApiError, invalid

if TYPE_CHECKING:
    from tensorflow_serving.apis.input_pb2 import Input

METHODS: Final = {
    "classify": ("classification", "tensorflow/serving/classify"),
    "regress": ("regression", "tensorflow/serving/regress"),
}

Run = Callable[[Signature, Inputs], Outputs]
"""A function that calls a signature with arrays by input name."""
Result = list[tuple[str, np.float32]] | np.float32
"""The labels and scores of an example, or its number."""


def infer(
    signatures: Mapping[str, Signature], verb: str, signature_name: str, examples: list[bytes], run: Run
) -> Sequence[Result]:
    """Return the results of `verb`, classify or regress, for serialized examples. `run` calls the signature.

    Raises:
        ApiError: The signature is not one for `verb`, or its outputs do not fit `verb`.
    """
    kind, method = METHODS[verb]
    signature = signatures.get(signature_name)
    if signature is None:
        raise invalid(f"No signature was found with the name: {signature_name}")
    if signature.definition.method_name != method:
        raise invalid(f"Expected {kind} signature method_name to be {method}. Was: {signature.definition.method_name}")
    if len(signature.inputs) != 1:
        raise invalid("Expected one input Tensor.")
    if "inputs" not in signature.inputs:
        raise ApiError("FAILED_PRECONDITION", f"No {kind} inputs found in SignatureDef: {signature.definition}")
    serialized = np.array(examples, dtype=object)
    outputs = run(signature, {"inputs": serialized})
    return (_classes if verb == "classify" else _values)(signature, outputs, len(examples))


def serialized_examples(source: "Input") -> list[bytes]:
    """Return the serialized `tf.Example`s of a `tensorflow.serving.Input`, each merged with its context's features."""
    if source.WhichOneof("kind") == "example_list_with_context":
        context = source.example_list_with_context.context.SerializeToString()
        return [context + example.SerializeToString() for example in source.example_list_with_context.examples]
    return [example.SerializeToString() for example in source.example_list.examples]


def _classes(signature: Signature, outputs: Outputs, count: int) -> Sequence[Result]:
    """Return the label and score of each class for each example. A model outputs labels, scores, or both."""
    if not 1 <= len(outputs) <= 2:
        raise invalid(f"Expected one or two output Tensors, found {len(outputs)}")
    if not outputs.keys() & {"classes", "scores"}:
        raise ApiError(
            "FAILED_PRECONDITION",
            'Expected classification signature outputs to contain at least one of "classes" or "scores". '
            f"Signature was: {signature.definition}",
        )
    for name, dtype in (("classes", "string"), ("scores", "float")):
        if name in outputs:
            _check(name, np.asarray(outputs[name]), signature.outputs[name], dtype, count)
    shape = np.shape(next(iter(outputs.values())))
    labels = np.asarray(outputs.get("classes", np.full(shape, b"", dtype=object)))
    scores = np.asarray(outputs.get("scores", np.zeros(shape, np.float32)))
    if labels.shape != scores.shape:
        raise invalid(
            f"Tensors class and score should match in dim_size(1). Got {labels.shape[1]} vs. {scores.shape[1]}"
        )
    return [
        [(label.decode(errors="replace"), score) for label, score in zip(*row, strict=True)]
        for row in zip(labels, scores, strict=True)
    ]


def _check(name: str, output: Array, type_name: str, expected: str, count: int) -> None:
    if output.ndim != 2:
        raise invalid(f"Expected Tensor shape: [batch_size num_classes] but got {_shape(output)}")
    if type_name != expected:
        raise invalid(f"Expected {name} Tensor of DT_{expected.upper()}. Got: DT_{type_name.upper()}")
    if len(output) != count:
        raise invalid(f"Expected {name} output batch size of {count}. Got: {len(output)}")


def _values(signature: Signature, outputs: Outputs, count: int) -> Sequence[Result]:
    """Return one number per example."""
    if len(outputs) != 1:
        raise invalid("Expected one output Tensor.")
    if "outputs" not in outputs:
        raise ApiError("FAILED_PRECONDITION", f"No regression outputs found in SignatureDef: {signature.definition}")
    output = np.asarray(outputs["outputs"])
    if not (output.ndim == 1 or (output.ndim == 2 and output.shape[1] == 1)):
        raise invalid(
            f"Expected output Tensor shape to be either [batch_size] or [batch_size, 1] but got {_shape(output)}"
        )
    if len(output) != count:
        raise invalid(f"Input batch size did not match output batch size: {count} vs. {len(output)}")
    if signature.outputs["outputs"] != "float":
        raise invalid(f"Expected output Tensor of DT_FLOAT.  Got: DT_{signature.outputs['outputs'].upper()}")
    return list(output.reshape(count))


def _shape(array: Array) -> str:
    return f"[{','.join(map(str, array.shape))}]"
