"""The vectors of an engine: those of its products, of held-out queries, and of gibberish."""

from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import parquet

from vitrine.audit.data import AuditData
from vitrine.audit.junk_queries import junk_queries
from vitrine.audit.settings import AuditSettings
from vitrine.data.columns import HAS_TEXT, PRODUCT_ID, TEXT_VECTOR
from vitrine.labels import GAINS
from vitrine.search.exported_model import ExportedModel
from vitrine.search.index_files import TITLE, products_file

CATEGORY: Final = "category"
GIBBERISH: Final = ("letters", "keyboard", "syllables", "shuffled", "signs")
QUERIES: Final = 300
"""Held-out queries and pieces of gibberish whose vectors are compared, at most."""

Vectors = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Space:
    """Vectors of unit length.

    Attributes:
        ids, titles, categories: The N products that have text; a category may be empty.
        products: The vectors of their texts, float32 [N, D].
        queries: Q held-out queries.
        query_vectors: float32 [Q, D].
        query_categories: The category of most products that are exact for the query; empty if there is none.
        gibberish: float32 [G, D].
    """

    ids: list[str]
    titles: list[str]
    categories: list[str]
    products: Vectors
    queries: list[str]
    query_vectors: Vectors
    query_categories: list[str]
    gibberish: Vectors


def read_space(data: AuditData, settings: AuditSettings) -> Space | None:
    """Encode held-out queries and gibberish beside the products of the index; None without a model or its index.

    Raises:
        DataError: The model fails.
    """
    if data.model is None or data.index is None:
        return None
    path = products_file(data.index)
    names = [name for name in (PRODUCT_ID, TITLE, CATEGORY, HAS_TEXT, TEXT_VECTOR) if name in _columns(path)]
    table = parquet.read_table(path, columns=names)
    table = table.filter(table[HAS_TEXT])
    judged = data.queries(QUERIES, settings.seed)
    texts = list(judged.text.values()) if judged else []
    junk = junk_queries(texts, settings.seed)
    with ExportedModel(data.model) as model:
        query_vectors = model.embed(texts)
        gibberish = model.embed([text for kind in GIBBERISH for text in junk[kind]])
    ids = table[PRODUCT_ID].to_pylist()
    categories = _strings(table, CATEGORY)
    category = dict(zip(ids, categories, strict=True))
    wanted: dict[str, Counter[str]] = {query: Counter() for query in judged.text} if judged else {}
    if judged:
        pairs = judged.judged
        for query, product, gain in zip(pairs.query_id, pairs.product_id, pairs.gain.tolist(), strict=True):
            if gain == GAINS[-1] and category.get(product):
                wanted[query][category[product]] += 1
    common = [max(counts, key=lambda name: (counts[name], name), default="") for counts in wanted.values()]
    return Space(ids, _strings(table, TITLE), categories, _matrix(table), texts, query_vectors, common, gibberish)


def _columns(path: Path) -> set[str]:
    return set(parquet.read_schema(path).names)


def _strings(table: pa.Table, name: str) -> list[str]:
    return [value or "" for value in table[name].to_pylist()] if name in table.column_names else [""] * len(table)


def _matrix(table: pa.Table) -> Vectors:
    column = table[TEXT_VECTOR].combine_chunks()
    return np.asarray(column.flatten().to_numpy(zero_copy_only=False), np.float32).reshape(len(table), -1)
