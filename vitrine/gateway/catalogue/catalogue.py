"""A searchable catalogue: it follows new versions, and calls the model of the version that is served."""

import asyncio
import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Final

from tenacity import AsyncRetrying, retry_if_result, stop_after_attempt, wait_fixed

from vitrine.errors import DataError, VitrineError
from vitrine.features.offers.attributes import AttributeValue
from vitrine.features.offers.reading import OfferReader
from vitrine.features.offers.served import offers_directory
from vitrine.features.offers.update import Update, update_from_rows
from vitrine.gateway.backends.backend import Backend
from vitrine.gateway.catalogue.version import INDEX, CatalogueVersion, MakeRewriter, read_version, rewriter_of
from vitrine.gateway.retrieval.milvus import MilvusProducts
from vitrine.gateway.settings import CatalogueSettings
from vitrine.interpretation.settings import InterpretationSettings
from vitrine.saved_model.arrays import Inputs, Outputs
from vitrine.saved_model.status import ApiError, Code, invalid
from vitrine.saved_model.versions import numbered_directories

_log = logging.getLogger(__name__)

_GATEWAY_CODES: Final[dict[Code, Code]] = {
    "UNAVAILABLE": "UNAVAILABLE",
    "RESOURCE_EXHAUSTED": "UNAVAILABLE",
    "DEADLINE_EXCEEDED": "DEADLINE_EXCEEDED",
}
"""The gateway's error code for each error code of a model server; INTERNAL for all others."""
EMBED_TEXT: Final = "embed_text"
WRITE_SECONDS: Final = 3.0
"""Seconds to wait for another writer of offers."""
REFRESHES: Final = 4
REFRESH_SECONDS: Final = 0.05
"""Number of refreshes, and seconds between them, to find the version that replaces an unloaded one."""


class VersionSwappedError(Exception):
    """The version that was searched was unloaded, and another one is served: the search starts again with it."""


class Catalogue:
    """A serving directory and a model server. `refresh` follows new versions while requests are answered."""

    def __init__(
        self,
        name: str,
        settings: CatalogueSettings,
        backend: Backend,
        make_rewriter: MakeRewriter,
        interpretation: InterpretationSettings,
        retrieval: MilvusProducts | None = None,
    ) -> None:
        """Take the `retrieval` of candidates, for a model that does not find them itself."""
        self.name = name
        self.backend = backend
        self.retrieval = retrieval
        self._problem: str | None = "not loaded yet"
        self._settings = settings
        self._make_rewriter = make_rewriter
        self._interpretation = interpretation
        self._read: CatalogueVersion | None = None
        self._current: CatalogueVersion | None = None
        self._unloaded: int | None = None  # the version that the model server has no more, while there is no other
        self._lock = asyncio.Lock()
        self._offers = OfferReader(offers_directory(settings.serving))
        self._offers_lock = asyncio.Lock()

    @property
    def is_ready(self) -> bool:
        """True if the catalogue can be searched."""
        return self._current is not None and self._current.version != self._unloaded

    @property
    def problem(self) -> str | None:
        """The problem with the newest version, the offers or the retrieval of candidates, if there is one."""
        return self._problem or self._offers.problem or (self.retrieval.problem if self.retrieval else None)

    @property
    def current(self) -> CatalogueVersion:
        """The version that is served.

        Raises:
            ApiError: UNAVAILABLE if no version is served yet.
        """
        if self._current is None or self._current.version == self._unloaded:
            raise ApiError("UNAVAILABLE", f"catalogue {self.name} cannot be searched: {self.problem}")
        return self._current

    async def refresh(self) -> None:
        """Serve the newest version that the model server and the index both have.

        A failure is reported by `problem`, and the version that was served before stays.
        """
        async with self._lock:
            try:
                version = self._choose(await self.backend.versions())
                if self._current is None or self._current.version != version:
                    signatures = await self.backend.signatures(version)
                    self._read = await asyncio.to_thread(
                        read_version,
                        self._settings,
                        version,
                        signatures,
                        self._make_rewriter,
                        self._interpretation,
                    )
                    self._current = await asyncio.to_thread(self._read.with_offers, self._offers.current)
                    _log.info("catalogue %s serves version %d", self.name, version)
                self._unloaded = None
                self._problem = None
            except (ApiError, VitrineError, OSError) as error:
                problem = str(error)
                if problem != self._problem:
                    _log.warning("catalogue %s: %s", self.name, problem)
                self._problem = problem

    async def renew_rewriter(self) -> None:
        """Make the rewriter again, after its settings' files have changed.

        Raises:
            ConfigError: A file cannot be used; the rewriter stays as it was.
        """
        async with self._lock:
            if self._read is None or self._current is None or not self._read.any_text:
                return
            rewriter = await asyncio.to_thread(rewriter_of, self._read.products, self._make_rewriter)
            self._read = replace(self._read, rewriter=rewriter)
            self._current = replace(self._current, rewriter=rewriter)

    async def change_offers(self, rows: Sequence[Mapping[str, AttributeValue | None]], source: str) -> Update:
        """Change offers, all of them or none, and serve them.

        Raises:
            ApiError: INVALID_ARGUMENT for an invalid row, UNAVAILABLE if the offers cannot be written.
        """
        directory, known = offers_directory(self._settings.serving), self.current.products.ids
        try:
            update = await asyncio.to_thread(
                update_from_rows, directory, rows, known, source, self._settings.offers, WRITE_SECONDS
            )
        except DataError as error:
            raise invalid(str(error)) from None
        except (VitrineError, OSError, ImportError) as error:
            raise ApiError("UNAVAILABLE", f"catalogue {self.name}: {error}") from None
        await self.refresh_offers()
        return update

    async def refresh_offers(self) -> None:
        """Serve the present offers. Reading them does not delay `refresh`."""
        async with self._offers_lock:
            if not await asyncio.to_thread(self._offers.refresh):
                return
            async with self._lock:
                if self._read is not None:
                    self._current = await asyncio.to_thread(self._read.with_offers, self._offers.current)
            _log.info("catalogue %s has the offers of update %d", self.name, self._offers.current.sequence)

    def _choose(self, available: list[int]) -> int:
        serving, pinned = self._settings.serving, self._settings.version
        indexed = numbered_directories(serving / INDEX)
        candidates = [version for version in available if version in indexed and pinned in (None, version)]
        if candidates:
            return max(candidates)
        if not available:
            raise DataError("the model server has no version of it yet")
        wanted = f"version {pinned} is wanted, " if pinned else ""
        raise DataError(
            f"{wanted}the model server has {_listed(available)} and {serving / INDEX} has {_listed(indexed)}; "
            "a version is served once both have it"
        )

    async def call(self, version: CatalogueVersion, signature: str, inputs: Inputs) -> Outputs:
        """Return the outputs of a signature of a version's model.

        Raises:
            VersionSwappedError: The version was unloaded, and another one is served.
            ApiError: INVALID_ARGUMENT if the model answers known queries only, and this is another one. Otherwise
                UNAVAILABLE, DEADLINE_EXCEEDED, or INTERNAL: the gateway makes the inputs, so any other error of the
                model is not the client's fault.
        """
        try:
            return await self.backend.call(version.version, signature, inputs)
        except ApiError as error:
            if error.code == "INVALID_ARGUMENT" and signature == EMBED_TEXT and not version.any_text:
                raise invalid(f"catalogue {self.name} answers only queries that have precomputed vectors") from None
            if error.code != "NOT_FOUND":
                code = _GATEWAY_CODES.get(error.code, "INTERNAL")
                raise ApiError(code, f"catalogue {self.name}: {error.message}") from None
        if await self._is_replaced(version):
            raise VersionSwappedError
        self._unloaded = version.version  # until a refresh finds it again
        raise ApiError("UNAVAILABLE", f"catalogue {self.name}: version {version.version} is not loaded any more")

    async def _is_replaced(self, version: CatalogueVersion) -> bool:
        """Refresh until another version is served; several times, as a server may list what it has just unloaded."""

        async def refresh() -> bool:
            if self._current is version:
                await self.refresh()
            return self._current is not version

        attempts = AsyncRetrying(
            retry=retry_if_result(lambda is_replaced: not is_replaced),
            stop=stop_after_attempt(REFRESHES),
            wait=wait_fixed(REFRESH_SECONDS),
            retry_error_callback=lambda _: False,
        )
        return await attempts(refresh)

    async def close(self) -> None:
        """Close the backend, the retrieval of candidates and the rewriter of queries."""
        await self.backend.close()
        if self.retrieval:
            await self.retrieval.close()
        if self._current:
            await self._current.rewriter.close()


def _listed(versions: Iterable[int]) -> str:
    return ", ".join(map(str, sorted(versions))) or "none"
