"""The shop of the search tests, with judgements: mugs and lamps to train on, shoes and shirts held out."""

from types import SimpleNamespace

import pyarrow as pa
import pytest

from tests.embedding_folders import write_folder
from tests.vitrine.search import shop
from vitrine.baselines.bm25 import Bm25
from vitrine.benchmark.rankers import DenseRanker, Rankers, tune_dense_share
from vitrine.benchmark.split import Split
from vitrine.data.formats.arrow import vector_column
from vitrine.search.fusion import calibrated
from vitrine.search.products import Products


def judged(*things: str) -> pa.Table:
    """Return judgements per thing and colour: E that thing, S its other colours, I the next thing."""
    rows = []
    for thing in things:
        for colour in shop.COLOURS:
            query = {"query_id": f"{thing}-{colour}", "query": f"{colour} {thing}", "source": f"about {thing}"}
            other = shop.THINGS[(shop.THINGS.index(thing) + 1) % len(shop.THINGS)]
            rows += [
                {**query, "product_id": f"{shade}-{thing}", "esci_label": "E" if shade == colour else "S"}
                for shade in shop.COLOURS
            ]
            rows += [{**query, "product_id": f"{colour}-{other}", "esci_label": "I"}]
    return pa.Table.from_pylist(rows)


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """`products`, `encoder`, `train` and `held_out` splits, and `rankers` with a sentence encoder of the same kind."""
    encoder = shop.HashingEncoder()
    products = Products.of(shop.catalogue(), *shop.sides(encoder))
    tables = {"train": judged("mug", "lamp"), "held_out": judged("shoe", "shirt")}
    texts = {row["query_id"]: row["query"] for table in tables.values() for row in table.to_pylist()}
    vectors = vector_column(encoder.encode_text(list(texts.values())))
    queries = write_folder(
        tmp_path_factory.mktemp("queries"), pa.table({"query_id": list(texts), "query_vector": vectors})
    )
    splits = {name: Split.of(table, queries, products) for name, table in tables.items()}
    sentence = (DenseRanker(products.text_vectors, products.has_text), encoder.encode_text)
    fusion = calibrated(products, splits["train"].vectors).text_query
    rankers = tune_dense_share(
        Rankers(products, Bm25(products.table, texts.values()), fusion, sentence), splits["train"]
    )
    return SimpleNamespace(products=products, encoder=encoder, rankers=rankers, **splits)
