"""A command that prints the gateway's OpenAPI schema: `python -m vitrine.gateway.http.openapi`.

The web page's API client is generated from this schema.
"""

import json
import sys
from pathlib import Path

from vitrine.gateway.gateway import Gateway
from vitrine.gateway.http.app import create_api
from vitrine.gateway.monitoring import GatewayMetrics
from vitrine.gateway.settings import CatalogueSettings, GatewaySettings


def schema_text() -> str:
    """Return the schema as indented JSON. It does not depend on the settings."""
    settings = GatewaySettings(catalogues={"any": CatalogueSettings(serving=Path())})
    app = create_api(Gateway(settings, {}, GatewayMetrics()))
    return json.dumps(app.openapi(), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    sys.stdout.write(schema_text())
