"""The decision of a gateway with default settings on a product, with a model that runs in this process."""

import asyncio
from pathlib import Path

from vitrine.errors import DataError
from vitrine.gateway.cache import Cache
from vitrine.gateway.catalogue.catalogue import Catalogue
from vitrine.gateway.explaining.decision import decide
from vitrine.gateway.explaining.schemas import Decision
from vitrine.gateway.factory import rewriter_factory
from vitrine.gateway.search.query import Search
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings, catalogue_name
from vitrine.saved_model.arrays import Inputs, Outputs
from vitrine.saved_model.session import SavedModelSession
from vitrine.saved_model.status import ApiError
from vitrine.saved_model.versions import find_versions
from vitrine.search.exported_model import MODEL_NAME


class SessionBackend:
    """One version of a model for a few calls: unlike a server's, it is not warmed up, which takes longer than they."""

    def __init__(self, directory: Path, version: int) -> None:
        """Load the SavedModel in `directory`.

        Raises:
            ApiError: it cannot be loaded.
        """
        self._session, self._version = SavedModelSession(directory), version

    async def versions(self) -> list[int]:
        """Return the version."""
        return [self._version]

    async def signatures(self, version: int) -> frozenset[str]:
        """Return the names of the signatures."""
        return frozenset(self._session.signatures)

    async def call(self, version: int, signature: str, inputs: Inputs) -> Outputs:
        """Run a signature."""
        return self._session.signature(signature).run(inputs)

    async def close(self) -> None:
        """Free the model's memory."""
        self._session.close()


def decide_here(serving: Path, version: int, search: Search, product_id: str) -> Decision:
    """Explain the place of a product in a search of a pushed `version`, as a gateway with defaults searches.

    Raises:
        DataError: the version cannot be searched, does not have the product, or its model cannot explain.
    """
    pushed = find_versions(serving / MODEL_NAME)
    if version not in pushed:
        listed = ", ".join(map(str, pushed)) or "none"
        raise DataError(f"{serving / MODEL_NAME}: has no version {version}; pushed are {listed}")
    try:
        return asyncio.run(_decide(serving, version, SessionBackend(pushed[version], version), search, product_id))
    except ApiError as error:
        raise DataError(f"{serving}: {error.message}") from None


async def _decide(serving: Path, version: int, backend: SessionBackend, search: Search, product_id: str) -> Decision:
    name = catalogue_name(serving)
    settings = GatewaySettings(catalogues={name: CatalogueSettings(serving=serving, version=version)})
    catalogue = Catalogue(name, settings.catalogues[name], backend, rewriter_factory(settings), settings.interpretation)
    cache = Cache(settings.cache)
    try:
        await catalogue.refresh_offers()
        await catalogue.refresh()
        return await decide(catalogue, search, product_id, cache)
    finally:
        await catalogue.close()
        await cache.close()
