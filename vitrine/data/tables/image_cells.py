"""Images in the cells of a file: one or several paths or addresses, as shops' systems write them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.images.additional_images import MAX_VIEWS, format_views, parse_views

SEVERAL: Final = r"[,;|\[\s]|^//"
"""RE2 of cells that may have several images, or an address without a scheme."""

BETWEEN_ADDRESSES: Final = re.compile(r"(?:\s*[,;|]\s*|\s+)(?=(?:[a-z][a-z0-9+.-]*:)?//)", re.IGNORECASE)
BETWEEN_PATHS: Final = re.compile(r"\s*[,;|\n\r]\s*")
EXTENSION: Final = re.compile(r"\.(jpe?g|jfif|png|gif|webp|bmp|avif|heic|heif|svg|tiff?)(\?[^/]*)?$", re.IGNORECASE)


def split_images(cell: str) -> list[str]:
    """Split a cell into its images: a JSON list, or text with commas, semicolons, bars or white space between them.

    A comma that is not followed by another address, or not preceded by a file's extension, is part of a name. An
    address without a scheme gets `https`.

    Raises:
        ValueError: the cell begins like a JSON list and is none.
    """
    cell = cell.strip()
    if cell.startswith("["):
        parts = list(parse_views(cell, most=None))
    elif "//" in cell:
        parts = BETWEEN_ADDRESSES.split(cell)
    else:
        parts = BETWEEN_PATHS.split(cell)
        if not all(EXTENSION.search(part) for part in parts):
            parts = [cell]
        parts = [name for part in parts for name in _between_spaces(part)]
    # No file's path begins with two slashes.
    parts = [f"https:{part}" if part.startswith("//") else part for part in map(_trimmed, parts)]
    return [part for part in parts if part]


def _between_spaces(part: str) -> list[str]:
    names = part.split()
    return names if all(EXTENSION.search(name) for name in names) else [part]


def _trimmed(part: str) -> str:
    return " ".join(part.split()).strip(",;|") if "//" in part else " ".join(part.split())


@dataclass(frozen=True)
class Images:
    """The images of N products: the first of each, and the others as a JSON list, "" for none.

    `malformed` is the mask of products of which a cell cannot be read; they have no images.
    """

    first: pa.Array
    others: pa.Array
    malformed: pa.Array


def read_images(columns: Sequence[pa.ChunkedArray]) -> Images:
    """Read the images of N products in columns of cells, in order, each once."""
    columns = [pc.utf8_trim_whitespace(column).combine_chunks() for column in columns]
    several = np.zeros(len(columns[0]), bool)
    filled = np.zeros(len(columns[0]), np.int64)
    for column in columns:
        several |= np.asarray(pc.match_substring_regex(column, SEVERAL))
        filled += np.asarray(pc.not_equal(column, "")).astype(np.int64)
    several |= filled > 1
    first = pc.binary_join_element_wise(*columns, "")  # of one that is filled
    others = [""] * len(several)
    malformed = np.zeros(len(several), bool)
    replaced = []
    for row in np.flatnonzero(several).tolist():
        try:
            images = list(dict.fromkeys(image for column in columns for image in split_images(column[row].as_py())))
        except ValueError:
            images, malformed[row] = [], True
        replaced.append(images[0] if images else "")
        others[row] = format_views(images[1:])
    first = pc.replace_with_mask(first, pa.array(several), pa.array(replaced, pa.string()))
    return Images(first, pa.array(others, pa.string()), pa.array(malformed))


def limit_views(views: pa.ChunkedArray) -> tuple[pa.ChunkedArray, int]:
    """Shorten JSON lists [N] to `MAX_VIEWS`; return them and the number of images left out."""
    if not pc.any(pc.not_equal(views, "")).as_py():
        return views, 0
    texts = views.to_pylist()
    beyond = 0
    for row, text in enumerate(texts):
        if text and len(listed := parse_views(text, most=None)) > MAX_VIEWS:
            beyond += len(listed) - MAX_VIEWS
            texts[row] = format_views(listed[:MAX_VIEWS])
    return (pa.chunked_array([texts], pa.string()) if beyond else views), beyond
