"""The search vectors as a FAISS index, with the inverted lists of the search model."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from vitrine.search.fusion import FusedVectors
from vitrine.search.row_blocks import Rows, Vectors, row_blocks

if TYPE_CHECKING:
    import faiss


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
    if lists is None:
        index = _flat(dimension, precision)
        for block in row_blocks(len(vectors)):
            index.add(_points(vectors, block))
        faiss.write_index(index, str(path))
        return f"{type(index).__name__}, {precision}"
    quantizer = faiss.IndexFlatIP(dimension)  # the index does not keep it alive
    quantizer.add(np.ascontiguousarray(lists.centroids, dtype=np.float32))
    inverted = _inverted(quantizer, precision, lists)
    for block in row_blocks(len(vectors)):
        points, assigned = _points(vectors, block), np.ascontiguousarray(lists.assigned[block])
        inverted.add_core(len(points), faiss.swig_ptr(points), None, faiss.swig_ptr(assigned))
    faiss.write_index(inverted, str(path))
    return f"{type(inverted).__name__}, {precision}, {inverted.nlist} lists, nprobe {inverted.nprobe}"


def _points(vectors: FusedVectors, block: slice) -> Vectors:
    return np.concatenate([vectors[block], vectors.bias[block, None]], axis=1, dtype=np.float32)


def _flat(dimension: int, precision: str) -> "faiss.Index":
    import faiss

    if precision == "float32":
        return faiss.IndexFlatIP(dimension)
    index = faiss.IndexScalarQuantizer(dimension, faiss.ScalarQuantizer.QT_bf16, faiss.METRIC_INNER_PRODUCT)
    index.is_trained = True  # bfloat16 has no parameters
    return index


def _inverted(quantizer: "faiss.Index", precision: str, lists: FaissLists) -> "faiss.IndexIVF":
    import faiss

    index: faiss.IndexIVF
    shape = quantizer, quantizer.d, len(lists.centroids)
    if precision == "float32":
        index = faiss.IndexIVFFlat(*shape, faiss.METRIC_INNER_PRODUCT)
    else:
        narrow = faiss.ScalarQuantizer.QT_bf16
        index = faiss.IndexIVFScalarQuantizer(*shape, narrow, faiss.METRIC_INNER_PRODUCT, False)
    index.is_trained = True
    index.nprobe = lists.probes
    assert index.invlists is not None
    for number, size in enumerate(np.bincount(lists.assigned, minlength=index.nlist).tolist()):
        index.invlists.resize(number, size)  # makes room: lists that grow take up to twice as much
        index.invlists.resize(number, 0)
    return index
