"""The shop's search model on precomputed vectors of some hundreds of queries, produced as a run does."""

from pathlib import Path

import numpy as np
import pyarrow as pa

from tests.embedding_folders import write_folder
from tests.vitrine.search import shop
from vitrine.data.formats.arrow import vector_column
from vitrine.data.vectors.files import ProductVectors, QueryVectors, write_vector_files
from vitrine.encoders.precomputed import PrecomputedEncoder
from vitrine.search.build.production import SearchModelInputs, produce
from vitrine.search.products import Products
from vitrine.search.settings import ProductionSettings, SearchSettings

ADJECTIVES = (
    "",
    "nice ",
    "new ",
    "old ",
    "big ",
    "small ",
    "cheap ",
    "good ",
    "fine ",
    "light ",
    "plain ",
    "soft ",
    "wide ",
)
QUERIES = [
    f"{adjective}{colour} {thing}" for adjective in ADJECTIVES for colour in shop.COLOURS for thing in shop.THINGS[:4]
]
SETTINGS = ProductionSettings(search=SearchSettings(top_k=6, candidates=12))


def produce_precomputed(folder: Path, *, new_queries: bool = False, texts: bool = True) -> Path:
    """Write the serving directory of version 1 to `folder`, and return it.

    With `new_queries`, the encoder of the queries is at hand, as with `encoder.text`. Without `texts`, the products'
    images alone have vectors.
    """
    encoder = shop.HashingEncoder()
    table = shop.catalogue()
    text, image, has_text, has_image = shop.sides(encoder)
    if not texts:
        text, has_text = np.zeros_like(text), np.zeros_like(has_text)
    ids = [str(number) for number in range(len(QUERIES))]
    vectors = encoder.encode_text(QUERIES)
    queries = QueryVectors(pa.array(ids), pa.array(QUERIES), vectors)
    products = ProductVectors(table["product_id"].combine_chunks(), text, image, has_text, has_image)
    write_vector_files(folder / "vectors", "some/model", shop.DIMENSION, [queries], [products])
    inputs = SearchModelInputs(
        Products.of(table, text, image, has_text, has_image),
        write_folder(folder / "queries", pa.table({"query_id": ids, "query_vector": vector_column(vectors)})),
        pa.Table.from_pylist(_judgements()),
        PrecomputedEncoder(folder / "vectors", encoder if new_queries else None),
        shop.save_classifier(folder / "classifier"),
    )
    serving = folder / "serving"
    produce(inputs, SETTINGS, serving / "product_search" / "1", serving / "index" / "1")
    return serving


def _judgements() -> list[dict[str, str]]:
    """Return two judgements of each query: E of the thing in its colour, and I of the next thing."""
    judgements = []
    for number, query in enumerate(QUERIES):
        *_, colour, thing = query.split()
        other = shop.THINGS[shop.THINGS.index(thing) + 1]
        for product, label in ((thing, "E"), (other, "I")):
            pair = {"product_id": f"{colour}-{product}", "esci_label": label}
            judgements.append({"query_id": str(number), "query": query, **pair})
    return judgements
