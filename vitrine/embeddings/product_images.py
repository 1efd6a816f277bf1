"""One vector for all images of a product."""

from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL.Image import Image

from vitrine.data.images.additional_images import product_images
from vitrine.data.images.decoding import decode_image
from vitrine.data.images.image_root import Folder
from vitrine.data.images.parallel_reading import UnreadableImage, read_files
from vitrine.embeddings.known_vectors import content_key


class ImageEncoder(Protocol):
    """The part of an `Encoder` that encodes images."""

    dimension: int

    def encode_image(self, images: list[Image], /) -> NDArray[np.float32]:
        """Return float32 [N, D], rows of unit length, in the given order."""
        ...


class ProductImages:
    """The images of N products.

    Attributes:
        paths: for each product, the paths of its images, the main one first.
        first: for each product, the path of the first image that was read, or else its main image.
        undecodable: the reason why an image of a product could not be decoded, by the product's id.
    """

    def __init__(
        self, ids: list[str], images: list[str], views: list[str], root: Folder, undecodable: dict[str, str]
    ) -> None:
        """List the images; a product whose `views` is not a list has its main image only."""
        self.undecodable = undecodable
        self.first = list(images)
        self.paths = [self._paths(*product) for product in zip(ids, images, views, strict=True)]
        self._ids, self._root = ids, root
        self._digests: dict[str, bytes | None] = {}

    def _paths(self, product_id: str, image: str, views: str) -> list[str]:
        try:
            return product_images(image, views)
        except ValueError as error:
            self.undecodable[product_id] = f"views {views!r} {error}"
            return product_images(image, "")

    def read_digests(self) -> None:
        """Read every file, for `contents`. Nothing is decoded."""
        paths = list(dict.fromkeys(path for paths in self.paths for path in paths))
        for path, result in zip(paths, read_files(paths, self._root, content_key), strict=True):
            self._digests[path] = None if isinstance(result, UnreadableImage) else result

    def contents(self) -> list[bytes | None]:
        """Return the key of each product's images: their paths and contents.

        None where a product has no image, or one that was not read or could not be decoded: such products are encoded
        and reported again in every run.
        """
        return [self._content(paths) for paths in self.paths]

    def _content(self, paths: list[str]) -> bytes | None:
        parts = [part for path in paths for part in (path.encode(), self._digests.get(path))]
        known = [part for part in parts if part is not None]
        return content_key(*known) if parts and len(known) == len(parts) else None

    def encode(self, encoder: ImageEncoder, products: Sequence[int], batch: int) -> NDArray[np.float32]:
        """Encode the images of `products`, P positions, `batch` images at a time: float32 [P, D] of unit length.

        A product with several images gets the mean of their vectors: a shop's images show the same object from several
        sides, and the mean keeps what they have in common. A product without any that can be decoded gets zeros.
        """
        listed = [(place, path) for place, product in enumerate(products) for path in self.paths[product]]
        sums, counts = np.zeros((len(products), encoder.dimension), np.float32), np.zeros(len(products), np.int64)
        for start in range(0, len(listed), batch):
            decoded = list(self._decode(listed[start : start + batch], products))
            if not decoded:
                continue
            np.add.at(
                sums, [place for place, _, _ in decoded], encoder.encode_image([image for _, _, image in decoded])
            )
            for place, path, _ in decoded:
                if not counts[place]:
                    self.first[products[place]] = path
                counts[place] += 1
        several = counts > 1
        lengths = np.linalg.norm(sums[several], axis=1, keepdims=True)
        sums[several] /= np.where(lengths > 0, lengths, 1)
        return sums

    def _decode(self, listed: list[tuple[int, str]], products: Sequence[int]) -> Iterator[tuple[int, str, Image]]:
        paths = [path for _, path in listed]
        results = read_files(paths, self._root, lambda data: (content_key(data), decode_image(data)))
        for (place, path), result in zip(listed, results, strict=True):
            if isinstance(result, UnreadableImage):
                self._digests[path] = None
                self.undecodable.setdefault(self._ids[products[place]], f"{path}: {result.reason}")
            else:
                self._digests[path], image = result
                yield place, path, image
