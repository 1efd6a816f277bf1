"""Requests put together along the first dimension, and their answers taken apart again."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Feeds = Mapping[str, Any]
Outputs = dict[str, Any]


def rows_of(feeds: Feeds) -> int | None:
    """The size of the first dimension of all inputs; None where they have none or differ."""
    sizes = {len(value) if isinstance(value, np.ndarray) and value.ndim else None for value in feeds.values()}
    return sizes.pop() if len(sizes) == 1 else None


def likeness(feeds: Feeds, padded: bool) -> Hashable:
    """What requests must have in common to be merged: the types, and the shapes beyond the first dimension.

    Where the shapes are to be `padded`, only their number of dimensions counts.
    """
    return tuple(
        (name, feeds[name].dtype.str, feeds[name].ndim if padded else feeds[name].shape[1:]) for name in sorted(feeds)
    )


def merge(requests: Sequence[Feeds], padding: int) -> Feeds | None:
    """The inputs of `requests` one after the other, and the last one's first row `padding` times more.

    Inputs of different shapes are made equal by repeating their first element after the end of each dimension, as TF
    Serving does. None where one of them has no element.
    """
    merged = {}
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


def _padded(array: NDArray[Any], shape: tuple[int, ...]) -> NDArray[Any]:
    """`array` with the dimensions beyond the first one as large as `shape`."""
    if array.shape[1:] == shape:
        return array
    result = np.full((len(array), *shape), array.flat[0], dtype=array.dtype)
    result[tuple(slice(size) for size in array.shape)] = array
    return result


def split(outputs: Outputs, sizes: Sequence[int], padding: int) -> list[Outputs] | None:
    """The outputs of each request, of `sizes` rows; None where an output has not one row for each of the inputs."""
    total = sum(sizes) + padding
    if any(not np.ndim(value) or len(value) != total for value in outputs.values()):
        return None
    ends = np.cumsum(sizes).tolist()
    return [
        {name: value[end - size : end] for name, value in outputs.items()}
        for size, end in zip(sizes, ends, strict=True)
    ]
