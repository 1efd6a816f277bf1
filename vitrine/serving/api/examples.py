"""The `examples` of a classify or regress request, as serialized `tf.Example`s."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from vitrine.saved_model.status import invalid
from vitrine.serving.api.json_bodies import excerpt
from vitrine.serving.api.json_tensor import is_base64, json_type, to_array

if TYPE_CHECKING:
    from pydantic import JsonValue
    from tensorflow.core.example.example_pb2 import Example
    from tensorflow.core.example.feature_pb2 import Feature

_KINDS: Final = {bool: "int64_list", int: "int64_list", float: "float_list", str: "bytes_list", dict: "bytes_list"}
_TYPE_NAMES: Final = {"int64_list": "int64", "float_list": "float", "bytes_list": "bytes"}
_ARRAY_TYPES: Final = {"float_list": "float", "bytes_list": "string"}


def parse_examples(document: dict[str, JsonValue]) -> list[bytes]:
    """Return the request's serialized examples, each merged with the features of `context`.

    Raises:
        ApiError: INVALID_ARGUMENT with TF Serving's message, for anything but a list of objects of features.
    """
    context = _example(document["context"]).SerializeToString() if "context" in document else b""
    if "examples" not in document:
        raise invalid(
            f"JSON Value: {excerpt(document)} When method is classify, key 'examples' is expected and was not found"
        )
    examples = document["examples"]
    if not isinstance(examples, list):
        raise invalid(f"JSON Value: {excerpt(document)} Expecting 'examples' value to be an list/array")
    if not examples:
        raise invalid(f"JSON Value: {excerpt(document)} 'examples' value is an empty array")
    # Parsing concatenated serialized protos merges them.
    return [context + _example(example).SerializeToString() for example in examples]


def _example(value: JsonValue) -> Example:
    from tensorflow.core.example.example_pb2 import Example

    if not isinstance(value, dict):
        raise invalid(f"Example must be JSON object but got JSON {json_type(value)}")
    example = Example()
    for name, content in value.items():
        feature = example.features.feature[name]
        for element in content if isinstance(content, list) else [content]:
            _add(feature, name, element)
    return example


def _add(feature: Feature, name: str, element: JsonValue) -> None:
    kind = _KINDS.get(type(element))
    if kind is None or (isinstance(element, dict) and not is_base64(element)):
        raise invalid(f"Feature: {name} has element with unexpected JSON type: {json_type(element)}")
    present = feature.WhichOneof("kind")
    if present not in (None, kind):
        raise invalid(f"Unexpected element type in feature: {name} expecting type: {_TYPE_NAMES[present]}")
    if type(element) is int and not -(2**63) <= element < 2**63:
        raise invalid(f"Feature: {name} has uint64 element. Only int64 is supported.")
    value = element if kind == "int64_list" else to_array(element, _ARRAY_TYPES[kind]).item()
    getattr(feature, kind).value.append(value)
