"""Print the gateway's OpenAPI schema, the source of the page's client: `python -m vitrine.gateway.http.openapi`."""

import json
import sys
from pathlib import Path

from vitrine.gateway.gateway import Gateway
from vitrine.gateway.http.app import create_api
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings


def schema_text() -> str:
    """The schema as indented JSON. It is the same for every configuration."""
    settings = GatewaySettings(catalogues={"any": CatalogueSettings(serving=Path())})
    app = create_api(Gateway(settings, {}, GatewayMetrics()))
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
