"""Merging of requests along the first dimension, and splitting of their outputs."""

from collections.abc import Hashable, Sequence

import numpy as np

from vitrine.saved_model.arrays import Array, Inputs, Outputs


def row_count(feeds: Inputs) -> int | None:
    """Return the size of the first dimension of all inputs; None where one has no dimension or they differ."""
    sizes = {len(value) if isinstance(value, np.ndarray) and value.ndim else None for value in feeds.values()}
    return sizes.pop() if len(sizes) == 1 else None


def merge_key(feeds: Inputs, padded: bool) -> Hashable:
    """Return the types and the shapes beyond the first dimension, which requests in one batch must share.

    With `padded` inputs, only the number of dimensions counts.
    """
    return tuple(
        (name, feeds[name].dtype.str, feeds[name].ndim if padded else feeds[name].shape[1:]) for name in sorted(feeds)
    )


def merge(requests: Sequence[Inputs], padding: int) -> Inputs | None:
    """Concatenate the inputs of `requests`, and append the first row of the last one `padding` times.

    Inputs of different shapes are padded at the end of each dimension with their first element, as in TF Serving.
    Returns None where an input to pad has no element.
    """
    merged: dict[str, Array] = {}
    for name in requests[0]:
        arrays = [request[name] for request in requests]
        shape = tuple(np.max([array.shape[1:] for array in arrays], axis=0).astype(int).tolist())
        if any(array.shape[1:] != shape and not array.size for array in arrays):
            return None
        arrays = [_padded(array, shape) for array in arrays]
        if padding:
            arrays.append(np.repeat(arrays[-1][:1], padding, axis=0))
        merged[name] = np.concatenate(arrays)
    return merged


def _padded(array: Array, shape: tuple[int, ...]) -> Array:
    """Pad `array` so that its dimensions beyond the first are `shape`."""
    if array.shape[1:] == shape:
        return array
    result = np.full((len(array), *shape), array.flat[0], dtype=array.dtype)
    result[tuple(slice(size) for size in array.shape)] = array
    return result


def split(outputs: Outputs, sizes: Sequence[int], padding: int) -> list[Outputs] | None:
    """Split outputs into those of each request, of `sizes` rows; None where an output lacks a row per input row."""
    total = sum(sizes) + padding
    if any(not np.ndim(value) or len(value) != total for value in outputs.values()):
        return None
    ends = np.cumsum(sizes).tolist()
    return [
        {name: value[end - size : end] for name, value in outputs.items()}
        for size, end in zip(sizes, ends, strict=True)
    ]
