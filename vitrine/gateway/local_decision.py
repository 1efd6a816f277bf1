"""The decision of a gateway with default settings on a product, with a model that runs in this process."""

import asyncio
from pathlib import Path

from vitrine.errors import DataError
from vitrine.gateway.explaining.decision import decide
from vitrine.gateway.explaining.schemas import Decision
from vitrine.gateway.factory import build_gateway
from vitrine.gateway.search.query import Search
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings, catalogue_name
from vitrine.saved_model.status import ApiError
from vitrine.search.exported_model import MODEL_NAME
from vitrine.serving.config.model_config import ModelConfig
from vitrine.serving.config.version_policy import Specific
from vitrine.serving.lifecycle.manager import ServableManager


def decide_here(serving: Path, version: int, search: Search, product_id: str) -> Decision:
    """Explain the place of a product in a search of a pushed `version`, as a gateway with defaults searches.

    Raises:
        DataError: the version cannot be searched, does not have the product, or its model cannot explain.
    """
    name = catalogue_name(serving)
    settings = GatewaySettings(catalogues={name: CatalogueSettings(serving=serving, version=version)})
    servables = ServableManager()
    try:
        servables.reload({MODEL_NAME: ModelConfig(serving / MODEL_NAME, Specific(frozenset({version})))})
        return asyncio.run(_decide(settings, name, servables, search, product_id))
    except ApiError as error:
        raise DataError(f"{serving}: {error.message}") from None
    finally:
        servables.close()


async def _decide(
    settings: GatewaySettings, name: str, servables: ServableManager, search: Search, product_id: str
) -> Decision:
    gateway = build_gateway(settings, {name: servables})
    catalogue = gateway.catalogue(name)
    try:
        await catalogue.refresh_offers()
        await catalogue.refresh()
        return await decide(catalogue, search, product_id, gateway.cache)
    finally:
        await catalogue.close()
        await gateway.cache.close()
