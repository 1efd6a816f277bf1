"""The search vectors as a FAISS index, with the inverted lists of the search model."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from vitrine.search.fusion import FusedVectors
from vitrine.search.row_blocks import Rows, Vectors, row_blocks


@dataclass(frozen=True)
class FaissLists:
    """Inverted lists: `centroids` float32 [L, D + 1], the list of each product, int64 [N], and the lists to probe."""

    centroids: Vectors
    assigned: Rows
    probes: int


def write_faiss(path: Path, vectors: FusedVectors, precision: str, lists: FaissLists | None) -> str:
    """Write an index of the fused vectors, each followed by its bias, and return its description."""
    import faiss

    dimension = vectors[:1].shape[1] + 1
    index = _flat(dimension, precision) if lists is None else _inverted(dimension, precision, lists)
    for block in row_blocks(len(vectors)):
        points = np.concatenate([vectors[block], vectors.bias[block, None]], axis=1, dtype=np.float32)
        if lists is None:
            index.add(points)
        else:
            assigned = np.ascontiguousarray(lists.assigned[block])
            index.add_core(len(points), faiss.swig_ptr(points), None, faiss.swig_ptr(assigned))
    faiss.write_index(index, str(path))
    kind = type(index).__name__
    return f"{kind}, {precision}" + (f", {index.nlist} lists, nprobe {index.nprobe}" if lists else "")


def _flat(dimension: int, precision: str) -> Any:
    import faiss

    if precision == "float32":
        return faiss.IndexFlatIP(dimension)
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_bf16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True  # bfloat16 has no parameters
    return index


def _inverted(dimension: int, precision: str, lists: FaissLists) -> Any:
    import faiss

    quantizer = faiss.IndexFlatIP(dimension)
    quantizer.add(np.ascontiguousarray(lists.centroids, dtype=np.float32))
    shape = quantizer, dimension, len(lists.centroids)
    index: Any
    if precision == "float32":
        index = faiss.IndexIVFFlat(*shape, faiss.METRIC_INNER_PRODUCT)
    else:
        narrow = faiss.ScalarQuantizer.QT_bf16
        index = faiss.IndexIVFScalarQuantizer(*shape, narrow, faiss.METRIC_INNER_PRODUCT, False)
    index.is_trained = True
    index.nprobe = lists.probes
    index.referenced_objects = [quantizer]  # keeps it from being freed
    return index
