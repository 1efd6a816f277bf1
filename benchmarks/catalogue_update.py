"""Benchmark of changes of offers: seconds until searches answer with a new price.

    python -m benchmarks.catalogue_update [--products N] [--share SHARE] [--rounds N] [--shop DIR] [--json FILE]

A generated search model with random vectors is served by `vitrine gateway` in a process of its own, with an SQLite
file and then with a local Redis as the online store. Each round changes price and stock of a share of the products by
`vitrine catalogue update`, then others by `POST /shop/offers`, and at the end the price of every product. A client
searches all the time among the products with the new price: a change is visible once it finds one.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import httpx
import numpy as np
import pyarrow as pa
from rich.console import Console

from benchmarks.redis_server import running_redis
from benchmarks.serving_processes import HOST, vitrine_gateway
from vitrine.data.columns import PRODUCT_ID
from vitrine.features.offers.served import offers_directory, served_ids
from vitrine.gateway.schemas.changes import MAX_OFFERS
from vitrine.markdown import table

KEY: Final = "benchmark"
KEYS: Final = "VITRINE_UPDATE_KEYS"
COMMAND: Final = [sys.executable, "-c", "from cli.main import main; main()", "catalogue", "update"]
FIRST_PRICE: Final = 1_000_000
"""The lowest new price, above those of the catalogue; every change has its own."""
WAIT_SECONDS: Final = 300.0


class Shop:
    """A served catalogue whose offers are changed, with a client that searches it."""

    def __init__(self, serving: Path, port: int, online: dict[str, Any]) -> None:
        self.ids = served_ids(serving)
        self._serving, self._online = serving, online
        self._client = httpx.Client(base_url=f"http://{HOST}:{port}", timeout=WAIT_SECONDS, headers={"x-api-key": KEY})
        self._price = FIRST_PRICE

    def change(self, count: int, apply: Callable[[pa.Table], None]) -> dict[str, float]:
        """Give `count` random products a new price by `apply`, and return seconds until it returned and was visible."""
        self._price += 1
        chosen = np.random.default_rng(self._price).permutation(len(self.ids))[:count]
        rows = pa.table({
            PRODUCT_ID: self.ids.take(pa.array(chosen)), "price": pa.repeat(self._price, count),
            "stock": pa.array(np.arange(count) % 5),
        })  # fmt: skip
        begun = time.perf_counter()
        with ThreadPoolExecutor(2) as pool:
            visible = pool.submit(self._wait, begun)
            pool.submit(apply, rows).result()
            returned = time.perf_counter() - begun
        return {"returned": returned, "visible": visible.result()}

    def by_command(self, rows: pa.Table) -> None:
        """Apply changes by the command line."""
        settings = [f"online.{name}={value}" for name, value in self._online.items()]
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "changes.csv")
            rows.to_pandas().to_csv(file, index=False)
            options = ["--serving", str(self._serving), "--input", str(file)]
            assignments = [word for setting in settings for word in ("--set", setting)]
            subprocess.run([*COMMAND, *options, *assignments], check=True, stdout=subprocess.DEVNULL)  # noqa: S603

    def over_http(self, rows: pa.Table) -> None:
        """Apply changes by requests, each of as many products as the gateway takes."""
        for start in range(0, len(rows), MAX_OFFERS):
            body = {"products": rows.slice(start, MAX_OFFERS).to_pylist()}
            self._client.post("/shop/offers", json=body).raise_for_status()

    def _wait(self, begun: float) -> float:
        """Search until a product has the new price, and return the seconds."""
        body = {"query": "red mug", "k": 5, "anyway": True, "filters": {"price_min": self._price}}
        while not self._client.post("/predict", json=body).raise_for_status().json()["total"]:
            if time.perf_counter() - begun > WAIT_SECONDS:
                raise RuntimeError(f"price {self._price} is not visible after {WAIT_SECONDS:g} s")
            time.sleep(0.02)
        return time.perf_counter() - begun


def measure(serving: Path, share: float, rounds: int) -> dict[str, list[dict[str, float]]]:
    """Return the seconds of each change, by online store and way."""
    os.environ[KEYS] = KEY
    seconds: dict[str, list[dict[str, float]]] = {}
    settings = {"security": {"update_keys_env": KEYS}, "limits": {"rate": "1000000/second", "seconds": WAIT_SECONDS}}
    with running_redis() as redis, tempfile.TemporaryDirectory() as folder:
        stores = {"SQLite": {"type": "sqlite"}, "Redis": {"type": "redis", "connection_string": redis.address}}
        for name, online in stores.items():
            shutil.rmtree(offers_directory(serving), ignore_errors=True)
            with vitrine_gateway(serving, settings, [], Path(folder, name)) as gateway:
                shop = Shop(serving, gateway.port, online)
                count = round(len(shop.ids) * share)
                for _ in range(rounds):
                    for way, apply in (("command", shop.by_command), ("HTTP", shop.over_http)):
                        seconds.setdefault(f"{name}, {count:,} products, {way}", []).append(shop.change(count, apply))
                seconds[f"{name}, all products, command"] = [shop.change(len(shop.ids), shop.by_command)]
    return seconds


def report(seconds: dict[str, list[dict[str, float]]]) -> str:
    """Format the figures as Markdown."""
    rows = []
    for name, changes in seconds.items():
        returned, visible = ([change[what] for change in changes] for what in ("returned", "visible"))
        spread = f"{min(visible):.1f} – {max(visible):.1f}"
        rows.append([name, f"{np.median(returned):.1f}", f"{np.median(visible):.1f}", spread])
    return table(["change", "returned after s", "visible after s", "least – most"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=177_519)
    parser.add_argument("--share", type=float, default=0.01, help="of the products that a change has (default: 0.01)")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--shop", type=Path, help="keep the generated search model in this folder, or take it from there"
    )
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = arguments.shop or Path(temporary, "shop")
        if not folder.exists():
            from benchmarks.serving_model import make_shop

            make_shop(folder, arguments.products, "small")
        seconds = measure(folder / "serving", arguments.share, arguments.rounds)
    Console().print(report(seconds), soft_wrap=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(vars(arguments) | {"seconds": seconds}, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
