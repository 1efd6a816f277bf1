"""Asks the newest model of a serving directory, in this process: what `vitrine search` and notebooks use."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from vitrine.errors import DataError, VitrineError
from vitrine.labels import LABELS
from vitrine.saved_model.versions import find_versions, numbered_directories
from vitrine.search.served_model import MODEL_NAME, ServedModel

INDEX: Final = "index"


@dataclass(frozen=True)
class Hit:
    """One result. `esci` has the probability of each label, and `label` is the likeliest of them."""

    product_id: str
    title: str
    score: float
    label: str
    esci: dict[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self)


class SearchClient:
    """A pushed search model and its titles.

    `serving` is the directory a run pushes to, with `product_search/<version>/` and `index/<version>/` under it.
    """

    def __init__(self, serving: Path, version: int | None = None) -> None:
        """Load `version`, by default the newest. Raises DataError if there is nothing to load."""
        self.version = version if version is not None else newest_version(serving)
        directory = serving / MODEL_NAME / str(self.version)
        if self.version not in (pushed := find_versions(serving / MODEL_NAME)):
            raise DataError(f"{directory} holds no model; pushed are {', '.join(map(str, pushed)) or 'none'}")
        from vitrine.search.index_files import read_titles

        self.model = ServedModel(directory)
        self._titles = read_titles(_index(serving, self.version))

    def search(self, queries: Sequence[str], k: int | None = None) -> list[list[Hit]]:
        """The best `k` products of each query, at most as many as the model answers."""
        return self._hits(self.model.search(queries), k)

    def search_image(self, images: Sequence[bytes], k: int | None = None) -> list[list[Hit]]:
        """The best `k` products of each picture, the bytes of a JPEG, PNG, GIF, WEBP or BMP file.

        Raises:
            UndecodableImage: a picture cannot be read; the message has its position if there are several.
            DataError: the model's encoder knows no pictures.
        """
        if not self.model.searches_images:
            raise DataError("this model was built with a text encoder and cannot search by picture; ask with words")
        pictures = [_bitmap(image, f"picture {i}: " if len(images) > 1 else "") for i, image in enumerate(images, 1)]
        return self._hits(self.model.search_images(pictures), k)

    def _hits(self, ranked: Any, k: int | None) -> list[list[Hit]]:
        return [
            [
                Hit(
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
    """The highest pushed version of the search model. Raises DataError where there is none."""
    if not serving.is_dir():
        raise DataError(f"{serving}: no such directory; `vitrine run` pushes to one, such as runs/sample/serving")
    found = find_versions(serving / MODEL_NAME)
    if not found:
        refused = "`vitrine run` pushes one unless it is refused"
        raise DataError(f"{serving}: no version of {MODEL_NAME} was pushed; {refused}")
    return max(found)


def _index(serving: Path, version: int) -> Path:
    """The index pushed with the model, or the newest one: it is pushed on its own, a moment earlier or later."""
    found = numbered_directories(serving / INDEX)
    if not found:
        raise DataError(f"{serving / INDEX}: no version was pushed, so results would have no titles; run again")
    return found.get(version, found[max(found)])


def _bitmap(image: bytes, where: str) -> bytes:
    """The picture as the index saw it, in a form that every TensorFlow decodes."""
    from vitrine.data.images.decoding import UndecodableImage, bitmap

    try:
        return bitmap(image)
    except UndecodableImage as error:
        raise UndecodableImage(f"{where}{error}") from error


def find_serving(runs: Path) -> Path:
    """The one serving directory under `runs/*/serving` that has a search model.

    Raises:
        VitrineError: there is none, or more than one to choose from.
    """
    found = sorted(one for one in runs.glob("*/serving") if find_versions(one / MODEL_NAME))
    if len(found) == 1:
        return found[0]
    if not found:
        raise VitrineError(f"nothing was pushed under {runs}/*/serving; name the directory with --serving")
    raise VitrineError(f"several runs were pushed: {', '.join(map(str, found))}; choose one with --serving")
