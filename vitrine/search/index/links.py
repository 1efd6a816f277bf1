"""Links from each product to near ones, which a search follows from the lists where it enters.

They are the links of the lowest level of a hierarchical navigable small world (Malkov and Yashunin 2016), as FAISS
builds it: to near products that lie in different directions, so that few steps lead from any product to any other.
"""

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from vitrine.search.index.leading_coordinates import LeadingCoordinates
from vitrine.search.row_blocks import row_blocks

Links = npt.NDArray[np.int32]

COORDINATES: Final = 96
"""Leading coordinates that links are built by. With more, building takes longer, and the links are no better."""

CONSTRUCTION: Final = 40
"""Products that are considered for the links of one (`efConstruction`)."""


def build_links(codes: npt.NDArray[np.int8], leading: LeadingCoordinates, count: int, seed: int) -> Links:
    """Return the `count` links of each product to others, int32 [N, count], by the `codes` int8 [N, L].

    Products that have fewer links are linked to themselves. Products come into the graph in random order, since links
    are worse where neighbours follow each other, and by one thread, since with several the graph depends on which of
    them is first.
    """
    import faiss

    width = min(COORDINATES, leading.width)
    graph: Any = faiss.IndexHNSWFlat(width, count // 2)  # the lowest level has twice as many links as the others
    graph.keep_max_size_level0 = True
    graph.hnsw.efConstruction = CONSTRUCTION
    order = np.random.default_rng(seed).permutation(len(codes)).astype(np.int32)
    threads = faiss.omp_get_max_threads()
    faiss.omp_set_num_threads(1)
    try:
        for block in row_blocks(len(codes)):
            graph.add(codes[order[block], :width] * leading.step[:width])
    finally:
        faiss.omp_set_num_threads(threads)
    starts = faiss.vector_to_array(graph.hnsw.offsets)[:-1, None].astype(np.int64)
    places = faiss.vector_to_array(graph.hnsw.neighbors)[starts + np.arange(count)]
    links = np.empty((len(codes), count), np.int32)
    links[order] = np.where(places < 0, order[:, None], order[places])
    return links
