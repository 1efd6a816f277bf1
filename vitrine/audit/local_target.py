"""An engine in this process: a gateway with default settings over a serving directory or an exported model."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
from anyio.from_thread import start_blocking_portal

from vitrine.audit.gateway_target import GatewayTarget
from vitrine.errors import DataError
from vitrine.gateway.factory import build_gateway
from vitrine.gateway.http.app import create_api
from vitrine.gateway.http.middleware import RequestMiddleware
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings
from vitrine.search.exported_model import MODEL_NAME
from vitrine.search.local_client import INDEX, newest_version
from vitrine.serving.lifecycle.manager import ServableManager

_CATALOGUE: Final = "audited"
_VERSION: Final = "1"


@contextmanager
def local_target(serving: Path) -> Iterator[GatewayTarget]:
    """Yield the newest version of a serving directory, behind a gateway with default settings and without a limit.

    Raises:
        DataError: The directory has no version, or one that cannot be served.
    """
    newest_version(serving)
    settings = GatewaySettings(catalogues={_CATALOGUE: CatalogueSettings(serving=serving)})
    servables = ServableManager(serving)
    try:
        servables.refresh()
        gateway = build_gateway(settings, {_CATALOGUE: servables})
        with start_blocking_portal() as portal:
            portal.call(gateway.start)
            try:
                catalogue = gateway.catalogue(_CATALOGUE)
                if not catalogue.is_ready:
                    raise DataError(f"{serving} cannot be searched: {catalogue.problem}")
                transport = httpx.ASGITransport(RequestMiddleware(create_api(gateway), gateway.metrics))
                client = httpx.AsyncClient(transport=transport, base_url="http://audit.invalid")
                yield GatewayTarget(str(serving), client, portal, catalogue.current.searches_images)
            finally:
                portal.call(gateway.close)
    finally:
        servables.close()


@contextmanager
def exported_target(model: Path, index: Path) -> Iterator[GatewayTarget]:
    """Yield an exported search model with its index, which need not have been pushed; see `local_target`."""
    with tempfile.TemporaryDirectory() as folder:
        serving = Path(folder)
        for name, exported in ((MODEL_NAME, model), (INDEX, index)):
            (serving / name).mkdir()
            (serving / name / _VERSION).symlink_to(exported.resolve(), target_is_directory=True)
        with local_target(serving) as target:
            yield target
