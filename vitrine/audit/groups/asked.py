"""The answers to queries for groups, with what the catalogue says of the shown products."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.audit.data import AuditData
from vitrine.audit.groups.lists import Shown
from vitrine.audit.groups.vocabulary import GroupQuery, group_queries
from vitrine.audit.settings import AuditSettings
from vitrine.audit.target import Answer, Hit, Target
from vitrine.data.columns import PRODUCT_ID, PRODUCT_TEXT, QUERY
from vitrine.labels import LABELS
from vitrine.text.analysis import analyse_column, text_array

CATEGORY: Final = "category"
_FEWEST: Final = 2
"""Products of a category, or queries with a noun, that are asked for."""


@dataclass(frozen=True)
class Asked:
    """The queries for each group and product, with the lists that they were shown. The three are in the same order.

    `categorised` says whether the products' names are categories of the catalogue.
    """

    queries: list[GroupQuery]
    answers: list[Answer]
    shown: list[list[Shown]]
    categorised: bool

    def labels(self, row: int) -> npt.NDArray[np.float32]:
        """Return the probabilities of the labels of a query's results, float32 [K, 4] (I, C, S, E)."""
        return np.array([[hit.esci[label] for label in LABELS] for hit in self.answers[row].hits], np.float32)


def ask(target: Target, data: AuditData, settings: AuditSettings) -> Asked | None:
    """Search for every group with the catalogue's commonest categories; None where no product can be named.

    A catalogue without categories is asked for the last words of judged queries, most of which are nouns.
    """
    names, categorised = product_names(data, settings.categories)
    if not names:
        return None
    queries = group_queries(names)
    answers = target.search([query.text for query in queries])
    hits = {hit.product_id: hit for answer in answers for hit in answer.hits}
    titles = analyse_column(text_array([hit.title for hit in hits.values()])).to_pylist()
    terms = {product: frozenset(found) for product, found in zip(hits, titles, strict=True)}
    words = _texts(data.products, set(hits))
    shown = [[_shown(hit, terms[hit.product_id], words) for hit in answer.hits] for answer in answers]
    return Asked(queries, answers, shown, categorised)


def product_names(data: AuditData, limit: int) -> tuple[list[str], bool]:
    """Return at most `limit` names of products, the commonest first, and whether they are categories."""
    if data.products is not None and CATEGORY in data.products.column_names:
        counts = Counter(category for category in data.products[CATEGORY].to_pylist() if category)
        if names := _commonest(counts, limit):
            return names, True
    splits = [split for split in (data.train, data.held_out) if split is not None]
    texts = {text for split in splits for text in split[QUERY].to_pylist()}
    return _commonest(Counter(text.split()[-1].lower() for text in texts if text.split()), limit), False


def _commonest(counts: Mapping[str, int], limit: int) -> list[str]:
    ordered = sorted(counts, key=lambda name: (-counts[name], name))
    return [name for name in ordered if counts[name] >= _FEWEST and any(map(str.isalpha, name))][:limit]


def _texts(products: pa.Table | None, wanted: set[str]) -> dict[str, frozenset[str]]:
    """Return the terms of all text of each wanted product."""
    if products is None:
        return {}
    rows = products.filter(pc.is_in(products[PRODUCT_ID], pa.array(sorted(wanted), pa.string())))
    columns = [pc.fill_null(rows[name], "") for name in PRODUCT_TEXT if name in rows.column_names]
    terms = analyse_column(pc.binary_join_element_wise(*columns, " ")).to_pylist()
    return {product: frozenset(found) for product, found in zip(rows[PRODUCT_ID].to_pylist(), terms, strict=True)}


def _shown(hit: Hit, terms: frozenset[str], words: Mapping[str, frozenset[str]]) -> Shown:
    price = float("nan") if hit.price is None else hit.price
    return Shown(hit.product_id, hit.brand, hit.category, price, terms, words.get(hit.product_id, terms))
