"""Six real gateways on one model: plain, with an experiment, a rate limit or a key, for merchandisers, with attributes.

`python -m tests.web.server SERVING EVENTS` prints the addresses as a line of JSON as soon as the gateways answer, and
serves until it is stopped. The model is loaded once.
"""

import asyncio
import json
import os
import socket
import sys
from collections.abc import Mapping
from pathlib import Path

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import pyarrow as pa
import uvicorn
from pyarrow import parquet

from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.packing import pack
from vitrine.data.attributes.table import write_attributes
from vitrine.gateway.server import gateway_app
from vitrine.gateway.settings import (
    CatalogueSettings,
    ExperimentSettings,
    GatewaySettings,
    LimitSettings,
    LogSettings,
    MerchandisingSettings,
    SecuritySettings,
)
from vitrine.rewriting.settings import RulesSettings
from vitrine.search.index_files import products_file
from vitrine.serving.lifecycle.manager import ServableManager

KEYS = "VITRINE_TEST_KEYS"
UPDATE_KEYS = "VITRINE_TEST_UPDATE_KEYS"
PLENTY = LimitSettings(rate="100000/minute", seconds=60)


def settings(serving: Path, events: Path) -> Mapping[str, GatewaySettings]:
    """Return the settings of each gateway."""
    catalogue = CatalogueSettings(serving=serving)
    log = LogSettings(directory=events)
    return {
        "plain": GatewaySettings(catalogues={"sample": catalogue}, log=log, limits=PLENTY),
        "experiment": GatewaySettings(
            catalogues={"current": catalogue, "candidate": catalogue},
            experiment=ExperimentSettings(name="encoders", a="current", b="candidate", mode="interleave"),
            limits=PLENTY,
        ),
        "limited": GatewaySettings(catalogues={"sample": catalogue}, limits=LimitSettings(rate="3/minute", seconds=60)),
        "merchant": GatewaySettings(
            catalogues={"sample": catalogue},
            log=LogSettings(directory=events / "merchant"),
            rewriting=RulesSettings(synonyms=synonym_file(events)),
            merchandising=MerchandisingSettings(rules=events / "rules.yaml"),
            limits=PLENTY,
            security=SecuritySettings(update_keys_env=UPDATE_KEYS),
            poll_seconds=0.1,
        ),
        "attributes": GatewaySettings(
            catalogues={"sample": CatalogueSettings(serving=with_attributes(serving, events / "attributes"))},
            merchandising=MerchandisingSettings(rules=events / "attribute-rules.yaml"),
            limits=PLENTY,
            security=SecuritySettings(update_keys_env=UPDATE_KEYS),
        ),
        "locked": GatewaySettings(
            catalogues={"sample": catalogue}, limits=PLENTY, security=SecuritySettings(api_keys_env=KEYS)
        ),
    }


def with_attributes(serving: Path, folder: Path) -> Path:
    """Return a serving directory with the newest index of another one, whose products have attributes."""
    newest = max((serving / "index").iterdir(), key=lambda version: int(version.name))
    index = folder / "index" / newest.name
    index.mkdir(parents=True)
    for file in newest.iterdir():
        (index / file.name).symlink_to(file.resolve())
    ids = parquet.read_table(products_file(newest), columns=["product_id"])["product_id"]
    rows = [
        {
            "size": "SML"[row % 3],
            "weight": f"{1 + row % 7 / 4}",
            "added": f"2026-0{1 + row % 9}-01",
            "new": str(row % 2),
        }
        for row in range(len(ids))
    ]
    declared = {
        "size": Attribute(type="keyword"),
        "weight": Attribute(type="number", unit="kg"),
        "added": Attribute(type="time", newest=True),
        "new": Attribute(type="boolean"),
    }
    write_attributes(index, ids, pa.chunked_array([pack(pa.RecordBatch.from_pylist(rows), declared, "EUR")]), declared)
    return folder


def synonym_file(events: Path) -> Path:
    """Return a file without rules, beside the event files."""
    path = events / "synonyms.txt"
    path.touch()
    return path


async def main(serving: Path, events: Path) -> None:
    os.environ[KEYS] = os.environ[UPDATE_KEYS] = "öpen-sesame"
    servables = ServableManager(serving)
    servables.refresh()
    servers, sockets = {}, {}
    for name, gateway_settings in settings(serving, events).items():
        servers[name] = uvicorn.Server(
            uvicorn.Config(
                gateway_app(gateway_settings, dict.fromkeys(gateway_settings.catalogues, servables)), log_config=None
            )
        )
        sockets[name] = socket.create_server(("127.0.0.1", 0))
    running = [asyncio.create_task(server.serve([sockets[name]])) for name, server in servers.items()]
    while not all(server.started for server in servers.values()):
        await asyncio.sleep(0.05)
    addresses = {name: f"http://127.0.0.1:{listener.getsockname()[1]}" for name, listener in sockets.items()}
    print(json.dumps(addresses), flush=True)  # noqa: T201
    await asyncio.gather(*running)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2])))
