"""Small but real search models: a shop of coloured things, pushed twice, behind a real gateway over HTTP."""

import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.in_thread import in_thread
from tests.vitrine.search import shop
from tests.waiting import HANG_SECONDS, wait_until
from vitrine.data.attributes.declaration import Attribute
from vitrine.data.attributes.packing import pack
from vitrine.data.attributes.table import write_attributes
from vitrine.search.index_files import products_file

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

PRICES = [5.0 + 2.5 * row for row in range(20)]
BRANDS = ("Avelo", "Brunt", "Cirrus")


def shop_table(images: Path) -> pa.Table:
    """Return the shop's catalogue with brands, categories, prices and image files; one price is unknown."""
    table = shop.catalogue()
    ids = table["product_id"].to_pylist()
    names = []
    for product_id in ids:
        colour = product_id.split("-")[0]
        name = "" if colour == "white" else f"{product_id}.png"
        if name:
            (images / name).write_bytes(shop.image_bytes(colour))
        names.append(name)
    columns = {
        "brand": [BRANDS[row % 3] for row in range(len(ids))],
        "category": [product_id.split("-")[1] for product_id in ids],
        "color": [f"deep {colour}" if colour == "blue" else colour for colour in table["color"].to_pylist()],
        "image": names,
        "price": [None, *PRICES[1:]],
    }
    for name, values in columns.items():
        if name in table.column_names:
            table = table.set_column(table.column_names.index(name), name, pa.array(values))
        else:
            table = table.append_column(name, pa.array(values))
    return table


@pytest.fixture(scope="session")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`serving/product_search/1` and `serving/index/1` of the shop, calibrated on its own queries. Never changed."""
    return push_shop(tmp_path_factory.mktemp("pushed"), {})


def push_shop(root: Path, renamed: Mapping[str, str], candidates: int = 20) -> Path:
    """Push the shop to `root`, with other ids for some products."""
    from vitrine.search.build.assembly import build_search_model
    from vitrine.search.build.calibration import measure_confidence
    from vitrine.search.build.export import export_search_model
    from vitrine.search.exported_model import ExportedModel
    from vitrine.search.index_files import write_index
    from vitrine.search.products import Products
    from vitrine.search.settings import SearchSettings
    from vitrine.text.inflection import Vocabulary

    images = root / "images"
    images.mkdir()
    table, encoder = shop_table(images), shop.HashingEncoder()
    ids = [renamed.get(product_id, product_id) for product_id in table["product_id"].to_pylist()]
    table = table.set_column(table.column_names.index("product_id"), "product_id", pa.array(ids))
    classifier = shop.save_classifier(root / "classifier")
    settings = SearchSettings(top_k=6, candidates=candidates)
    sides = shop.sides(encoder)
    model = build_search_model(table, *sides, encoder, classifier, settings)
    directory = root / "serving" / "product_search" / "1"
    export_search_model(model, directory, ["red mug"], [shop.image_bytes("red")])
    words = ("", "a ", "nice ")
    queries = [f"{word}{colour} {thing}" for word in words for colour in shop.COLOURS for thing in shop.THINGS[:4]]
    confidence = measure_confidence(ExportedModel(directory), queries, ids, Vocabulary.of(table["title"]).terms)
    write_index(
        root / "serving" / "index" / "1", Products.of(table, *sides), model.weights, settings, encoder.fingerprint,
        confidence, str(images), judged_by={"derived": 30, "people": 10},
    )  # fmt: skip
    return root / "serving"


def push(pushed: Path, serving: Path, version: int) -> None:
    """Copy the shop to `serving` as `version`, the index first, as the pipeline does."""
    for name in ("index", "product_search"):
        target = serving / name / str(version)
        shutil.copytree(pushed / name / "1", target.with_name(f".pushing-{version}"))
        target.with_name(f".pushing-{version}").rename(target)


def push_with_attributes(
    pushed: Path,
    serving: Path,
    declared: Mapping[str, Attribute],
    cells: Callable[[int], Mapping[str, str | None]],
    currency: str = "",
) -> None:
    """Push version 1 of a serving directory to another, with attributes: `cells` returns those of a row."""
    push(pushed, serving, 1)
    index = serving / "index" / "1"
    ids = parquet.read_table(products_file(index), columns=["product_id"])["product_id"]
    batch = pa.RecordBatch.from_pylist([cells(row) for row in range(len(ids))])
    write_attributes(index, ids, pa.chunked_array([pack(batch, declared, currency)]), declared)


@contextmanager
def serving_app(app: Any) -> Iterator[str]:
    """Run an ASGI application in a thread, and yield its URL."""
    with in_thread(app) as port:
        yield f"http://127.0.0.1:{port}"


@contextmanager
def gateway(settings: dict[str, Any], status: str = "ok") -> Iterator[httpx.Client]:
    """Yield a client of a gateway with these settings, once its readiness is `status`."""
    from vitrine.gateway.server import gateway_app, local_servables
    from vitrine.gateway.settings import GatewaySettings

    validated = GatewaySettings.model_validate({"poll_seconds": 0.05, **settings})
    with (
        local_servables(validated) as servables,
        serving_app(gateway_app(validated, servables)) as url,
        httpx.Client(base_url=url, timeout=HANG_SECONDS) as client,
    ):
        wait_until(lambda: client.get("/ready").json()["status"] == status, lambda: client.get("/ready").text)
        yield client


StartGateway = Callable[[dict[str, Any]], Any]


@pytest.fixture(scope="session")
def start_gateway() -> StartGateway:
    """A function for `with start_gateway(settings) as client`."""
    return gateway


@pytest.fixture(scope="session")
def client(pushed: Path) -> Iterator[httpx.Client]:
    """A client of a gateway over the shop, with defaults."""
    with gateway({"catalogues": {"shop": {"serving": pushed}}}) as client:
        yield client


@pytest.fixture(scope="session")
def servables(pushed: Path) -> Iterator[Any]:
    """The shop's model, loaded."""
    from vitrine.serving.lifecycle.manager import ServableManager

    loaded = ServableManager(pushed)
    loaded.refresh()
    yield loaded
    loaded.close()


@pytest.fixture(scope="session")
def rest_url(servables: Any) -> Iterator[str]:
    """The URL of a model server with the shop's model."""
    from tests.vitrine.gateway.model_server import serving_rest

    with serving_rest(servables) as url:
        yield url


@pytest.fixture(scope="session")
def grpc_target(servables: Any) -> Iterator[str]:
    """The same, over gRPC."""
    from tests.vitrine.gateway.model_server import serving_grpc

    with serving_grpc(servables) as target:
        yield target
