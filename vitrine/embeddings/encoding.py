"""Encoding of entities, a batch of rows at a time. Vectors that are known from before are not computed again."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from vitrine.data import columns
from vitrine.data.images.image_root import image_folder
from vitrine.embeddings.known_vectors import KnownVectors, content_key, fill_known, key_column, keys_of
from vitrine.embeddings.product_images import ProductImages
from vitrine.embeddings.settings import EncodingSettings
from vitrine.embeddings.writing import part_batch
from vitrine.encoders.protocol import Encoder
from vitrine.text.product_texts import product_texts

KEY: Final = {
    columns.QUERY_VECTOR: "query_key",
    columns.TEXT_VECTOR: "text_key",
    columns.IMAGE_VECTOR: "image_key",
}
"""The column with the keys of the contents that each column of vectors encodes."""
ORIGIN: Final = {
    columns.QUERY_VECTOR: "query_origin",
    columns.TEXT_VECTOR: "text_origin",
    columns.IMAGE_VECTOR: "image_origin",
}
"""The column with the folder of embeddings that each vector was first written to, "" where there is none."""

Vectors = NDArray[np.float32]


@dataclass
class Tally:
    """Counts of contents, and the images that could not be decoded, with the reason by the product's id."""

    encoded: int = 0
    reused: int = 0
    undecodable: dict[str, str] = field(default_factory=dict)

    @classmethod
    def total(cls, parts: Iterable["Tally"]) -> "Tally":
        """Return the sum of several."""
        total = cls()
        for part in parts:
            total.encoded += part.encoded
            total.reused += part.reused
            total.undecodable |= part.undecodable
        return total


class RowEncoder(Protocol):
    """An encoder of rows; `tally` counts what it did."""

    tally: Tally

    def encode(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch of a part (see `vitrine.embeddings.writing`): the rows with their vectors."""
        ...


class QueryEncoder:
    """A RowEncoder of queries: `query_id` and `query`."""

    def __init__(self, encoder: Encoder, origin: str, known: Sequence[KnownVectors] = ()) -> None:
        self.tally = Tally()
        self._encoder, self._origin, self._known = encoder, origin, known

    def encode(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows with `query_vector`."""
        texts = rows.column(columns.QUERY).to_pylist()
        contents = [content_key(text.encode()) for text in texts]
        encode = self._encoder.encode_text
        side = _encode_texts(encode, self._encoder.dimension, texts, contents, self._known, self._origin, self.tally)
        return _with_sides(rows, {columns.QUERY_VECTOR: side}, {})


class ProductEncoder:
    """A RowEncoder of products, in the catalogue's columns."""

    def __init__(
        self,
        encoder: Encoder,
        settings: EncodingSettings,
        origin: str,
        known_texts: Sequence[KnownVectors] = (),
        known_images: Sequence[KnownVectors] = (),
    ) -> None:
        self.tally = Tally()
        self._encoder, self._settings, self._origin = encoder, settings, origin
        self._known_texts, self._known_images = known_texts, known_images
        self._root = image_folder(settings.image_root)

    def encode(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return the rows with `text_vector`, `has_text`, `has_image` and, if it encodes images, `image_vector`."""
        texts = product_texts(pa.Table.from_batches([rows]), self._settings.text_fields)
        contents = [content_key(text.encode()) if text else None for text in texts]
        encode, known = self._encoder.encode_document, self._known_texts
        side = _encode_texts(encode, self._encoder.dimension, texts, contents, known, self._origin, self.tally)
        sides = {columns.TEXT_VECTOR: side}
        further = {columns.HAS_TEXT: pa.array(side.has), columns.HAS_IMAGE: pa.array(np.zeros(rows.num_rows, bool))}
        if self._encoder.encodes_images:
            sides[columns.IMAGE_VECTOR], image = self._encode_images(rows)
            further |= {columns.HAS_IMAGE: pa.array(sides[columns.IMAGE_VECTOR].has), columns.IMAGE: image}
        return _with_sides(rows, sides, further)

    def _encode_images(self, rows: pa.RecordBatch) -> tuple["_Side", pa.Array]:
        """Return the side of the images, and the path of the first image that was read, or else `image`."""
        ids, paths, views = (
            rows.column(name).to_pylist() for name in (columns.PRODUCT_ID, columns.IMAGE, columns.VIEWS)
        )
        images = ProductImages(ids, paths, views, self._root, self.tally.undecodable)
        if self._known_images:
            images.read_digests()
        side = _Side(images.contents(), [bool(paths) for paths in images.paths], self._encoder.dimension)
        missing = side.fill(self._known_images, self._origin, self.tally)
        for row in set(np.flatnonzero(side.has).tolist()).difference(missing):  # every image of a known vector was read
            images.first[row] = images.paths[row][0]
        if missing:
            side.vectors[missing] = images.encode(self._encoder, missing, self._settings.batch)
        side.has &= side.vectors.any(axis=1)
        side.keys = keys_of(images.contents())
        return side, pa.array(images.first, pa.string())


def _encode_texts(
    encode: Callable[[Sequence[str]], Vectors],
    dimension: int,
    texts: list[str],
    contents: Sequence[bytes | None],
    known: Sequence[KnownVectors],
    origin: str,
    tally: Tally,
) -> "_Side":
    """Encode the texts that have a content and are not known."""
    side = _Side(contents, [content is not None for content in contents], dimension)
    missing = side.fill(known, origin, tally)
    if missing:
        side.vectors[missing] = encode([texts[row] for row in missing])
    return side


class _Side:
    """Vectors, float32 [N, D], of one kind of content; rows without content have zeros."""

    def __init__(self, contents: Sequence[bytes | None], has: list[bool], dimension: int) -> None:
        self.keys = keys_of(contents)
        self.has = np.array(has, bool)
        self.vectors = np.zeros((len(contents), dimension), np.float32)
        self.origins = np.full(len(contents), "", object)

    def fill(self, known: Sequence[KnownVectors], origin: str, tally: Tally) -> list[int]:
        """Fill in the vectors that are known, and return the rows whose vector is missing, which `origin` will hold."""
        found = fill_known(known, self.keys, self.vectors, self.origins)
        missing: list[int] = np.flatnonzero(self.has & ~found).tolist()
        self.origins[missing] = origin
        tally.reused += int(found.sum())
        tally.encoded += len(missing)
        return missing


def _with_sides(rows: pa.RecordBatch, sides: dict[str, _Side], further: dict[str, pa.Array]) -> pa.RecordBatch:
    given = dict(zip(rows.schema.names, rows.columns, strict=True)) | further
    for name, side in sides.items():
        given[KEY[name]] = key_column(side.keys)
        given[ORIGIN[name]] = pa.array(side.origins, pa.string())
    return part_batch(pa.RecordBatch.from_pydict(given), {name: side.vectors for name, side in sides.items()})
