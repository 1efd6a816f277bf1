"""A catalogue as it is served now: which version, its products, and how to read its scores."""

import asyncio
import hashlib
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from tenacity import AsyncRetrying, retry_if_result, stop_after_attempt, wait_fixed

from vitrine.errors import DataError, VitrineError
from vitrine.gateway.backends.backend import Arrays, Backend
from vitrine.gateway.catalogue.products import ProductTable
from vitrine.gateway.schemas import Facets
from vitrine.gateway.settings import CatalogueSettings
from vitrine.rewriting.rewrite import Rewriter
from vitrine.saved_model.status import ApiError, Code
from vitrine.saved_model.versions import numbered_directories
from vitrine.search.confidence import Confidence
from vitrine.search.index_files import DESCRIPTION, VECTORS, read_description
from vitrine.text.words import vocabulary_of

INDEX: Final = "index"
NEEDED: Final = frozenset({"rank_text", "rank_similar"})

_log = logging.getLogger(__name__)


MakeRewriter = Callable[[Mapping[str, int]], Rewriter]

_OURS: Final[dict[Code, Code]] = {
    "UNAVAILABLE": "UNAVAILABLE",
    "RESOURCE_EXHAUSTED": "UNAVAILABLE",
    "DEADLINE_EXCEEDED": "DEADLINE_EXCEEDED",
}
"""What errors of a model server are to those who ask the gateway; INTERNAL where nothing is said."""
REFRESHES: Final = 4
REFRESH_SECONDS: Final = 0.05
"""How often, and how long, the version after one that has gone is looked for."""


class Swapped(Exception):  # noqa: N818 - no error: what was begun with one edition is begun again with the next
    """The version that a question was asked of has gone meanwhile."""


@dataclass(frozen=True)
class Edition:
    """One version of a catalogue.

    Attributes:
        version: Of the model and the index.
        digest: Of the index: another catalogue's version of the same number has another.
        products: In the order of the model's rows.
        signatures: The model's.
        confidence: How to tell a good answer from a bad one.
        vocabulary: How often the products have each word.
        rewriter: Of queries, for this vocabulary.
        image_root: Where relative image paths start.
        dimension: Of the vectors.
        facets: Values of the whole catalogue.
    """

    version: int
    digest: str
    products: ProductTable
    signatures: frozenset[str]
    confidence: Confidence
    vocabulary: Mapping[str, int]
    rewriter: Rewriter
    image_root: Path
    dimension: int
    facets: Facets

    @property
    def searches_images(self) -> bool:
        """Whether pictures can be asked with."""
        return "rank_image" in self.signatures


class Catalogue:
    """A serving directory and a model server. `refresh` follows new versions; requests go on meanwhile."""

    def __init__(self, name: str, settings: CatalogueSettings, backend: Backend, make_rewriter: MakeRewriter) -> None:
        self.name = name
        self.backend = backend
        self.problem: str | None = "not loaded yet"
        self._serving = settings.serving
        self._pinned = settings.version
        self._image_root = settings.image_root
        self._make_rewriter = make_rewriter
        self._edition: Edition | None = None
        self._lock = asyncio.Lock()

    @property
    def is_ready(self) -> bool:
        """Whether it can be searched."""
        return self._edition is not None

    @property
    def edition(self) -> Edition:
        """What is served now.

        Raises:
            ApiError: UNAVAILABLE where nothing is yet.
        """
        if self._edition is None:
            raise ApiError("UNAVAILABLE", f"catalogue {self.name} cannot be searched: {self.problem}")
        return self._edition

    async def refresh(self) -> None:
        """Serve the newest version that the model server and the index both have.

        Whatever goes wrong is told by `problem`, and what was served before stays.
        """
        async with self._lock:
            try:
                version = self._choose(await self.backend.versions())
                if self._edition is None or self._edition.version != version:
                    signatures = await self.backend.signatures(version)
                    self._edition = await asyncio.to_thread(self._read, version, signatures)
                    _log.info("catalogue %s serves version %d", self.name, version)
                self.problem = None
            except (ApiError, VitrineError, OSError) as error:
                problem = str(error)
                if problem != self.problem:
                    _log.warning("catalogue %s: %s", self.name, problem)
                self.problem = problem

    def _choose(self, available: list[int]) -> int:
        indexes = numbered_directories(self._serving / INDEX)
        wanted = [one for one in available if one in indexes and self._pinned in (None, one)]
        if wanted:
            return max(wanted)
        if not available:
            raise DataError("the model server has no version of it yet")
        pinned = f"version {self._pinned} is wanted, " if self._pinned else ""
        raise DataError(
            f"{pinned}the model server has {_listed(available)} and {self._serving / INDEX} has {_listed(indexes)}; "
            "a version is served once both have it"
        )

    def _read(self, version: int, signatures: frozenset[str]) -> Edition:
        if not signatures >= NEEDED:
            raise DataError(
                f"version {version} has no {', '.join(sorted(NEEDED - signatures))}; run the pipeline again"
            )
        directory = self._serving / INDEX / str(version)
        description = read_description(directory)
        products = ProductTable.read(directory / VECTORS)
        vocabulary = vocabulary_of(products.texts())
        return Edition(
            version,
            _digest(directory),
            products,
            signatures,
            description.confidence,
            vocabulary,
            self._make_rewriter(vocabulary),
            self._image_root or Path(description.image_root),
            description.dimension,
            products.facets(),
        )

    async def call(self, edition: Edition, signature: str, inputs: Arrays) -> dict[str, npt.NDArray[Any]]:
        """The outputs of a signature of an edition's model.

        Raises:
            Swapped: The edition has gone, and there is another one now.
            ApiError: UNAVAILABLE, DEADLINE_EXCEEDED, or INTERNAL: whatever else a model says of inputs that are made
                here is not the asker's fault.
        """
        try:
            return await self.backend.call(edition.version, signature, inputs)
        except ApiError as error:
            if error.code != "NOT_FOUND":
                raise ApiError(_OURS.get(error.code, "INTERNAL"), f"catalogue {self.name}: {error.message}") from None
        if await self._has_new_edition(edition):
            raise Swapped
        raise ApiError("UNAVAILABLE", f"catalogue {self.name}: version {edition.version} is not loaded any more")

    async def _has_new_edition(self, edition: Edition) -> bool:
        """Return whether another edition is served; refresh several times, as a server may list an unloaded version."""

        async def look() -> bool:
            if self.edition is edition:
                await self.refresh()
            return self.edition is not edition

        looks = AsyncRetrying(
            retry=retry_if_result(lambda is_new: not is_new),
            stop=stop_after_attempt(REFRESHES),
            wait=wait_fixed(REFRESH_SECONDS),
            retry_error_callback=lambda _: False,
        )
        return await looks(look)

    async def close(self) -> None:
        """Let go of the model server and of what rewrites queries."""
        await self.backend.close()
        if self._edition:
            await self._edition.rewriter.close()


def _digest(directory: Path) -> str:
    with (directory / VECTORS).open("rb") as file:
        digest = hashlib.file_digest(file, "blake2b")
    digest.update((directory / DESCRIPTION).read_bytes())
    return digest.hexdigest()[:32]


def strings(*values: str | bytes) -> npt.NDArray[np.object_]:
    """A tensor of strings [B]."""
    return np.array([value.encode() if isinstance(value, str) else value for value in values], dtype=object)


def _listed(versions: Any) -> str:
    return ", ".join(map(str, sorted(versions))) or "none"
