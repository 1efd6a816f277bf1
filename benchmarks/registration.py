"""Benchmark of FeatureRegistrar: offline files, Feast's registry, and the materialisation into an online store.

    python -m benchmarks.registration [--products N] [--dimension N] [--share SHARE] [--rounds N]

The sample's products with made-up vectors, every second one with an image, are registered with each kind of online
store by turns: SQLite, embedded Milvus, and a local Redis. Then a share of the products changes its title and its
vectors, and they are registered again, beside what the earlier registration has.
"""

import argparse
import json
import tempfile
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from rich.console import Console

from benchmarks.redis_server import running_redis
from feature_repo.definitions import definitions
from vitrine.data import columns
from vitrine.data.sample.products import make_products
from vitrine.data.sample.settings import SampleSettings
from vitrine.features.offline import Embeddings
from vitrine.features.registration import register
from vitrine.features.settings import FeatureSettings
from vitrine.markdown import table

QUERIES: Final = 1000
SEED: Final = 0


def make_embeddings(products: int, dimension: int) -> Embeddings:
    """Make `products` products and `QUERIES` queries with unit vectors of `dimension` numbers."""
    random = np.random.default_rng(SEED)

    def vectors(rows: int) -> npt.NDArray[np.float32]:
        drawn = random.normal(size=(rows, dimension)).astype(np.float32)
        return drawn / np.linalg.norm(drawn, axis=1, keepdims=True)

    def column(values: npt.NDArray[np.float32]) -> pa.Array:
        return pa.FixedSizeListArray.from_arrays(pa.array(values.ravel()), dimension)

    catalogue = make_products(SampleSettings(products=products))
    has_image = np.arange(products) % 2 == 0
    texts = {name: [getattr(product.text, name) for product in catalogue] for name in columns.PRODUCT_TEXT}
    vector_columns = {
        columns.TEXT_VECTOR: column(vectors(products)),
        columns.IMAGE_VECTOR: column(vectors(products) * has_image[:, np.newaxis]),
        columns.HAS_TEXT: np.ones(products, bool),
        columns.HAS_IMAGE: has_image,
    }
    ids = [f"q{number}" for number in range(QUERIES)]
    return Embeddings(
        pa.table({columns.PRODUCT_ID: [product.product_id for product in catalogue], **texts, **vector_columns}),
        pa.table({columns.QUERY_ID: ids, columns.QUERY: ids, columns.QUERY_VECTOR: column(vectors(QUERIES))}),
        "0" * 64,
    )


def changed(embeddings: Embeddings, share: float) -> Embeddings:
    """Return embeddings in which the first products have another title, and the vectors of the last."""
    table = embeddings.products
    count = round(len(table) * share)
    first, rest, last = table.slice(0, count), table.slice(count), table.slice(len(table) - count)
    for name in (columns.TEXT_VECTOR, columns.IMAGE_VECTOR, columns.HAS_TEXT, columns.HAS_IMAGE):
        first = first.set_column(first.column_names.index(name), name, last[name])
    titles = pa.array([f"new {title}" for title in first["title"].to_pylist()])
    first = first.set_column(first.column_names.index("title"), "title", titles)
    return Embeddings(pa.concat_tables([first, rest]), embeddings.queries, embeddings.encoder)


def measure(embeddings: Embeddings, share: float, rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each round by online store, of the whole and of what changed."""
    after = changed(embeddings, share)
    with running_redis() as redis:
        stores: dict[str, dict[str, Any]] = {
            "SQLite": {"type": "sqlite"},
            "Milvus, embedded": {"type": "milvus"},
            "Redis": {"type": "redis", "connection_string": redis.address},
        }
        seconds: dict[str, list[float]] = {}
        for _ in range(rounds):
            for name, online in stores.items():
                settings = FeatureSettings.model_validate({"online": online})
                with tempfile.TemporaryDirectory() as folder:
                    first, second = Path(folder, "first"), Path(folder, "second")
                    whole = register(embeddings, first, settings, definitions)
                    part = register(after, second, settings, definitions, earlier=first)
                    seconds.setdefault(name, []).append(whole.seconds)
                    seconds.setdefault(f"{name}, {share:.0%} changed", []).append(part.seconds)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--products", type=int, default=20_000)
    parser.add_argument("--dimension", type=int, default=128, help="of the vectors (default: 128)")
    parser.add_argument("--share", type=float, default=0.01, help="of the products that change (default: 0.01)")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    arguments = parser.parse_args()
    seconds = measure(make_embeddings(arguments.products, arguments.dimension), arguments.share, arguments.rounds)
    rows = [
        [name, f"{np.median(taken):.1f}", f"{min(taken):.1f} – {max(taken):.1f}"] for name, taken in seconds.items()
    ]
    Console().print(table(["online store", "seconds", "least – most"], rows), soft_wrap=True)
    if arguments.json:
        arguments.json.write_text(json.dumps(vars(arguments) | {"seconds": seconds}, indent=2, default=str) + "\n")


if __name__ == "__main__":
    main()
