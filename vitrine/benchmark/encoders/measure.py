"""Measurement of one encoder by every task: each text and each image is encoded once."""

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from PIL.Image import Image

from vitrine import progress
from vitrine.benchmark.encoders.relation import Vectors, rank_metrics
from vitrine.benchmark.encoders.table_json import METRICS, SEARCH, TITLES, TO_IMAGE, TO_TEXT
from vitrine.benchmark.encoders.tasks import Tasks
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import UnreadableImage, read_images
from vitrine.encoders.protocol import Encoder
from vitrine.errors import DataError
from vitrine.metrics.ranking import Judgements, Run, per_query
from vitrine.tuning.mining import encode_documents, similar

DEPTH: Final = 100
"""Products that a query's search returns."""
IMAGES: Final = 64
"""Images that are held and encoded at a time."""

Values = dict[str, npt.NDArray[np.float64]]
"""Each metric of each query, float64 [Q]."""


def measure(encoder: Encoder, tasks: Tasks, image_root: Folder, name: str) -> dict[str, Values]:
    """Measure an encoder by every task that it can do; `name` is for the progress.

    Raises:
        DataError: an image has gone since the tasks were read.
    """
    every = np.arange(len(tasks.judged.documents))
    documents = encode_documents(encoder, tasks.judged, every, f"encoding texts with {name}")
    queries = encoder.encode_text([tasks.judged.queries[row] for row in tasks.asked])
    values = {SEARCH: _search(tasks, queries, documents)}
    titles = encoder.encode_text(tasks.titles)
    sides = {TITLES: (titles, documents)}
    if encoder.encodes_images and tasks.images:
        images = _encode_images(encoder, tasks.images, image_root, f"encoding images with {name}")
        sides |= {TO_IMAGE: (titles, images), TO_TEXT: (images, titles)}
    for task, (left, right) in sides.items():
        if task in tasks.relations:
            values[task] = rank_metrics(tasks.relations[task].ranks(left, right), METRICS[task])
    return values


def _search(tasks: Tasks, queries: Vectors, documents: Vectors) -> Values:
    """Measure the searches of the whole catalogue, in the order of the queries that are asked."""
    judged = tasks.judged
    found = np.concatenate([rows for _, rows in similar(queries, documents, DEPTH)])
    results = Run.from_top(_names(tasks.asked), [_names(rows) for rows in found])
    query, document = (np.array(_names(rows), object) for rows in (judged.query, judged.document))
    return per_query(Judgements(query, document, judged.gain.astype(np.float64)), results, METRICS[SEARCH])


def _names(rows: npt.NDArray[np.int64]) -> list[str]:
    """Return ids that sort as the rows do."""
    return [f"{row:012d}" for row in rows]


def _encode_images(encoder: Encoder, paths: Sequence[str], root: Folder, task: str) -> Vectors:
    vectors = np.zeros((len(paths), encoder.dimension), np.float32)
    for start in range(0, len(paths), IMAGES):
        progress.report(task, start, len(paths))
        batch = paths[start : start + IMAGES]
        vectors[start : start + IMAGES] = encoder.encode_image(list(_decoded(batch, root)))
    progress.report(task, len(paths), len(paths))
    return vectors


def _decoded(paths: Sequence[str], root: Folder) -> Iterator[Image]:
    for path, image in zip(paths, read_images(paths, root, lambda image: image), strict=True):
        if isinstance(image, UnreadableImage):
            raise DataError(
                f"{path}: {image.reason}, and could be read before; do not change images while they are measured"
            )
        yield image
