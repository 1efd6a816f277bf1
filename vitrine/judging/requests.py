"""Requests for labels: the texts of products, several of one query in a call, in a shuffled order."""

import random
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc

from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT
from vitrine.judging.label_cache import LabelCache
from vitrine.judging.pooling import Pool
from vitrine.judging.settings import JudgingSettings

Texts = Mapping[str, str]
"""A product's texts by column; those that are empty are left out."""


@dataclass(frozen=True)
class Request:
    """A query and the texts of the products that are judged in one call."""

    query: str
    products: list[Texts]


def product_texts(catalogue: pa.Table, wanted: set[str], description_characters: int) -> dict[str, Texts]:
    """Return the texts of the wanted products by id, with the first characters of the description."""
    chosen = catalogue.filter(pc.is_in(catalogue[PRODUCT_ID], value_set=pa.array(list(wanted), pa.string())))
    texts: dict[str, Texts] = {}
    for product in chosen.select([PRODUCT_ID, *PRODUCT_TEXT]).to_pylist():
        name = product.pop(PRODUCT_ID)
        product["description"] = product["description"][:description_characters].strip()
        texts[name] = {column: text for column, text in product.items() if text}
    return texts


def requests(
    pools: Iterable[Pool], texts: Mapping[str, Texts], cache: LabelCache, settings: JudgingSettings
) -> Iterator[Request]:
    """Yield a request for every few products of a query that have no label yet, in an order that hides their ranks.

    The order depends on the seed and the query only. Products of the same texts are judged once, those without text not
    at all.
    """
    for pool in pools:
        distinct = {tuple(texts[product].items()): texts[product] for product in pool.products if texts[product]}
        products = [product for product in distinct.values() if cache.get(pool.query, product) is None]
        random.Random(f"{settings.seed}\0{pool.query}").shuffle(products)  # noqa: S311 - no secret
        for start in range(0, len(products), settings.products_per_call):
            yield Request(pool.query, products[start : start + settings.products_per_call])
