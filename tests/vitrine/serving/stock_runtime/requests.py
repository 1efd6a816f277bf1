"""Requests for every signature of a model, made from the names, types and shapes of its inputs."""

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.framework.tensor_shape_pb2 import TensorShapeProto
from tensorflow.core.protobuf.meta_graph_pb2 import TensorInfo

from tests.modules.conftest import make_example
from tests.vitrine.encoders.small_encoders import noise_images
from vitrine.data import columns
from vitrine.saved_model.arrays import Inputs
from vitrine.saved_model.session import SavedModelSession

QUERIES = ["red mug", "Blauer Schuh, größer als 1,5 l — 红色杯 マグカップ"]
FILES = noise_images([(33, 32), (80, 60)])
COLUMNS = 3
"""Products for each query, where a signature takes several."""


def requests(model: SavedModelSession, products: list[str]) -> dict[str, Inputs]:
    """Return a request of two rows for each signature; ids are those of three `products`."""
    rng = np.random.default_rng(0)
    dimension = max((size for info in inputs(model) for size in sizes(info.tensor_shape)[1:]), default=0)
    return {
        name: {key: value(key, info, products, dimension, rng) for key, info in signature.definition.inputs.items()}
        for name, signature in model.signatures.items()
    }


def inputs(model: SavedModelSession) -> Iterator[TensorInfo]:
    """Yield the inputs of all signatures."""
    for signature in model.signatures.values():
        yield from signature.definition.inputs.values()


def example(query: str, dimension: int) -> bytes:
    """Return the serialized example of a pair, as the classifier's raw features."""
    texts = dict.fromkeys((*columns.PRODUCT_TEXT, columns.QUERY_ID, columns.PRODUCT_ID, columns.QUERY), query)
    numbers = dict.fromkeys((columns.HAS_IMAGE, columns.QUERY_ROW, columns.PRODUCT_ROW), 1)
    weights = {columns.GAIN: 1.0, columns.WEIGHT: 1.0}
    vectors = dict.fromkeys(columns.VECTORS, np.ones(dimension, "<f4").tobytes())
    return make_example({**texts, **numbers, **weights, **vectors, columns.ESCI_LABEL: "E"})


def value(
    name: str, info: TensorInfo, products: list[str], dimension: int, rng: np.random.Generator
) -> npt.NDArray[np.generic] | npt.NDArray[np.object_]:
    """Return two rows of an input."""
    shape = sizes(info.tensor_shape)
    given = {
        "query": QUERIES,
        "image_bytes": FILES,
        "allowed": [b"", b""],
        "examples": [example(query, dimension) for query in QUERIES],
        "product_id": products[:2] if len(shape) == 1 else [products] * 2,
    }
    if name in given:
        return np.array(given[name], object)
    kind = tf.as_dtype(info.dtype)
    if kind == tf.string:
        return np.full(shape, "red mug", object)
    if kind.is_bool or kind.is_integer:
        return np.ones(shape, kind.as_numpy_dtype)
    numbers = rng.random(shape, np.float32)
    is_vector = name.endswith(("vector", "embedding"))
    return numbers / np.linalg.norm(numbers, axis=-1, keepdims=True) if is_vector else numbers


def sizes(shape: TensorShapeProto) -> list[int]:
    """Return the shape of two rows of an input."""
    unknown = [2, COLUMNS]
    return [axis.size if axis.size > 0 else unknown[place] for place, axis in enumerate(shape.dim)]
