"""A client that runs a model of a serving directory in this process, for `vitrine search` and notebooks."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

from vitrine.errors import DataError, VitrineError
from vitrine.labels import LABELS
from vitrine.saved_model.versions import find_versions, numbered_directories
from vitrine.search.exported_model import MODEL_NAME, ExportedModel, RankedProducts

INDEX: Final = "index"


@dataclass(frozen=True)
class SearchResult:
    """One result. `esci` has the probability of each label, and `label` is the most likely one."""

    product_id: str
    title: str
    score: float
    label: str
    esci: dict[str, float]

    def to_dict(self) -> dict[str, object]:
        """Return plain values for JSON."""
        return asdict(self)


class SearchClient:
    """A pushed search model with the titles of its products.

    `serving` is the serving directory of a run, with `product_search/<version>/` and `index/<version>/` in it.
    """

    def __init__(self, serving: Path, version: int | None = None) -> None:
        """Load `version`, by default the newest.

        Raises:
            DataError: there is no model or index to load.
        """
        self.version = version if version is not None else newest_version(serving)
        directory = serving / MODEL_NAME / str(self.version)
        if self.version not in (pushed := find_versions(serving / MODEL_NAME)):
            raise DataError(f"{directory} holds no model; pushed are {', '.join(map(str, pushed)) or 'none'}")
        from vitrine.search.image_confidence import read_image_confidence
        from vitrine.search.index_files import read_titles

        self.model = ExportedModel(directory)
        index = index_directory(serving, self.version)
        self._titles = read_titles(index)
        self._image_confidence = read_image_confidence(index)

    def search(
        self, queries: Sequence[str], k: int | None = None, diversity: float | None = None
    ) -> list[list[SearchResult]]:
        """Return the best `k` products for each query, at most the model's `top_k`.

        `diversity` is in [0, 1]; by default it is what the model was built with.
        """
        return self._results(self.model.search(queries, diversity), k)

    def search_image(
        self, images: Sequence[bytes], k: int | None = None, diversity: float | None = None
    ) -> list[list[SearchResult]]:
        """Return the best `k` products for each image, given as the bytes of a JPEG, PNG, GIF, WEBP or BMP file.

        `diversity` is that of `search`.

        Raises:
            UndecodableImage: an image cannot be read; the message has its position if there are several.
            DataError: the model's encoder does not encode images.
        """
        return self._results(self.model.search_images(self._encoded(images), diversity), k)

    def are_junk(self, images: Sequence[bytes]) -> list[bool]:
        """Return whether each image appears to show no product, as the gateway does; False without a calibration.

        Raises:
            UndecodableImage, DataError: as `search_image`.
        """
        encoded, detector = self._encoded(images), self._image_confidence
        if detector is None or not encoded:
            return [False] * len(encoded)
        _, similarities = self.model.image_similarities(encoded)
        return [detector.is_junk(image, found) for image, found in zip(encoded, similarities, strict=True)]

    def _encoded(self, images: Sequence[bytes]) -> list[bytes]:
        """Return images in an encoding that every graph decodes."""
        if not self.model.searches_images:
            raise DataError("this model was built with a text encoder and cannot search by image; ask with words")
        return [_reencode(image, f"image {i}: " if len(images) > 1 else "") for i, image in enumerate(images, 1)]

    def _results(self, ranked: RankedProducts, k: int | None) -> list[list[SearchResult]]:
        return [
            [
                SearchResult(
                    product_id,
                    self._titles.get(product_id, ""),
                    float(score),
                    LABELS[int(esci.argmax())],
                    dict(zip(LABELS, esci.tolist(), strict=True)),
                )
                for product_id, score, esci in zip(ids[:k], scores[:k], labels[:k], strict=True)
            ]
            for ids, scores, labels in zip(ranked.product_id, ranked.score, ranked.esci, strict=True)
        ]


def newest_version(serving: Path) -> int:
    """Return the highest pushed version of the search model.

    Raises:
        DataError: there is none.
    """
    if not serving.is_dir():
        raise DataError(f"{serving}: no such directory; `vitrine run` pushes to one, such as runs/sample/serving")
    pushed = find_versions(serving / MODEL_NAME)
    if not pushed:
        refused = "`vitrine run` pushes one unless it is refused"
        raise DataError(f"{serving}: no version of {MODEL_NAME} was pushed; {refused}")
    return max(pushed)


def index_directory(serving: Path, version: int) -> Path:
    """Return the index of a model's version, or else the newest one, since both are pushed one by one.

    Raises:
        DataError: there is none.
    """
    pushed = numbered_directories(serving / INDEX)
    if not pushed:
        raise DataError(f"{serving / INDEX}: no version was pushed, so results would have no titles; run again")
    return pushed.get(version, pushed[max(pushed)])


def _reencode(image: bytes, where: str) -> bytes:
    """Decode an image as the index was built, and encode it in a format that every TensorFlow version decodes."""
    from vitrine.data.images.decoding import UndecodableImage, reencode_as_bmp

    try:
        return reencode_as_bmp(image)
    except UndecodableImage as error:
        raise UndecodableImage(f"{where}{error}") from error


def find_serving(runs: Path) -> Path:
    """Return the only serving directory under `runs/*/serving` that has a search model.

    Raises:
        VitrineError: there is none, or more than one.
    """
    directories = sorted(path for path in runs.glob("*/serving") if find_versions(path / MODEL_NAME))
    if len(directories) == 1:
        return directories[0]
    if not directories:
        raise VitrineError(f"nothing was pushed under {runs}/*/serving; name the directory with --serving")
    raise VitrineError(f"several runs were pushed: {', '.join(map(str, directories))}; choose one with --serving")
