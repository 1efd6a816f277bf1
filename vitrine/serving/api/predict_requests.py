"""Input tensors of a predict request, in the row (`instances`) or column (`inputs`) format."""

from collections.abc import Iterable, Mapping
from typing import Literal, TypeGuard

import numpy as np
from pydantic import JsonValue

from vitrine.saved_model.arrays import Array
from vitrine.saved_model.session import DEFAULT_SIGNATURE
from vitrine.saved_model.status import ApiError, invalid
from vitrine.serving.api.json_bodies import excerpt
from vitrine.serving.api.json_tensor import is_base64, to_array

Form = Literal["row", "column"]


def signature_name(document: dict[str, JsonValue]) -> str:
    """Return the signature name of a request, or the default one.

    Raises:
        ApiError: INVALID_ARGUMENT when `signature_name` is not a string.
    """
    name = document.get("signature_name", "")
    if not isinstance(name, str):
        raise invalid(
            f"JSON Value: {excerpt(document)} not formatted correctly. 'signature_name' key must be a string value."
        )
    return name or DEFAULT_SIGNATURE


def input_arrays(document: dict[str, JsonValue], inputs: Mapping[str, str]) -> tuple[dict[str, Array], Form]:
    """Return the input arrays of a request by name, and the request's format, which the response uses too.

    Args:
        document: The request's JSON object.
        inputs: TensorFlow's type name of each of the signature's inputs, by input name.

    Raises:
        ApiError: INVALID_ARGUMENT with TF Serving's message, for anything but exactly these inputs.
    """
    if "instances" in document and "inputs" in document:
        raise invalid(
            f"JSON Value: {excerpt(document)} Not formatted correctly expecting only one of 'inputs' or 'instances' "
            "keys to exist "
        )
    if "instances" in document:
        rows = document["instances"]
        if not isinstance(rows, list):
            raise invalid(f"JSON Value: {excerpt(document)} Excepting 'instances' to be an list/array")
        if not rows:
            raise invalid(f"JSON Value: {excerpt(document)} No values in 'instances' array")
        return _from_rows(rows, inputs), "row"
    if "inputs" in document:
        return _from_columns(document["inputs"], inputs), "column"
    raise invalid("Missing 'inputs' or 'instances' key")


def _from_rows(rows: list[JsonValue], inputs: Mapping[str, str]) -> dict[str, Array]:
    if not isinstance(rows[0], dict) and len(inputs) > 1:
        raise invalid(
            "instances is a plain list, but expecting list of objects as multiple input tensors required as per "
            "tensorinfo_map"
        )
    try:
        if not _is_named(rows[0]):
            name = next(iter(inputs))
            return {name: to_array(rows, inputs[name])}
        objects = [row for row in rows if isinstance(row, dict) and row.keys() == inputs.keys()]
        if len(objects) == len(rows):
            return {name: to_array([row[name] for row in objects], inputs[name]) for name in inputs}
    except ApiError:
        pass  # _explain_rows reports the row.
    return _explain_rows(rows, inputs)


def _explain_rows(rows: list[JsonValue], inputs: Mapping[str, str]) -> dict[str, Array]:
    """Convert row by row, as TF Serving does with every request, to name the first invalid row."""
    named = _is_named(rows[0])
    first: dict[str, Array] = {}
    columns: dict[str, list[Array]] = {name: [] for name in inputs}
    for index, row in enumerate(rows):
        if _is_named(row) != named:
            expected = "object but got list" if named else "value/list but got object"
            raise invalid(f"Expecting {expected} at item {index} of input list")
        items: Iterable[tuple[str, JsonValue]] = row.items() if _is_named(row) else [(next(iter(inputs)), row)]
        for name, value in items:
            where = f"Failed to process element: {index}{f' key: {name}' if named else ''} of 'instances' list."
            try:
                if name not in inputs:
                    raise invalid(f"JSON object: does not have named input: {name}")
                array = to_array(value, inputs[name])
                _check_shape(array, first.setdefault(name, array))
            except ApiError as error:
                raise invalid(f"{where} Error: {error.code}: {error.message}") from None
            columns[name].append(array)
        if _is_named(row) and row.keys() != inputs.keys():
            raise invalid(
                f"Failed to process element: {index} of 'instances' list. JSON object: {excerpt(row)} keys must be "
                f"equal to: {','.join(sorted(inputs))}"
            )
    return {name: np.stack(arrays) for name, arrays in columns.items() if arrays}


def _check_shape(array: Array, first: Array) -> None:
    if array.size != first.size:
        raise invalid(f"Expecting tensor size: {first.size} but got: {array.size}")
    if array.shape != first.shape:
        expected, got = (f"[{','.join(map(str, shape))}]" for shape in (first.shape, array.shape))
        raise invalid(f"Expecting shape {expected} but got: {got}")


def _from_columns(value: JsonValue, inputs: Mapping[str, str]) -> dict[str, Array]:
    if not _is_named(value):
        if len(inputs) > 1:
            raise invalid(
                "inputs is a plain value/list, but expecting an object as multiple input tensors required as per "
                "tensorinfo_map"
            )
        name = next(iter(inputs))
        return {name: to_array(value, inputs[name])}
    for name in inputs:
        if name not in value:
            raise invalid(f"Missing named input: {name} in 'inputs' object.")
    return {name: to_array(value[name], type_name) for name, type_name in inputs.items()}


def _is_named(value: JsonValue) -> TypeGuard[dict[str, JsonValue]]:
    """Return whether `value` names its inputs. An object whose only key is `b64` is a string instead."""
    return isinstance(value, dict) and not is_base64(value)
