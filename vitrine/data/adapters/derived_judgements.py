"""Judgements for datasets that have none, by explicit rules over their metadata; no person gave them."""

import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine.data.adapters.dataset import assign_splits, query_ids, string_table
from vitrine.data.columns import ESCI_LABEL, JUDGEMENTS, PRODUCT_ID, QUERY, QUERY_ID
from vitrine.data.contract.rules import SPLIT
from vitrine.data.contract.splits import normalise
from vitrine.data.formats.records import Records

MOST: Final = {"S": 30, "C": 15, "I": 15}
"""Judged products of a query and label, at most. Exact ones are all judged: recall over the catalogue needs them."""


@dataclass
class InformationNeed:
    """What a query asks for: ids of the products that answer it, that could stand in, and that go with it."""

    query: str
    exact: set[str]
    substitute: set[str]
    complement: set[str]


def judge(needs: Iterable[InformationNeed], products: Sequence[str], source: Path) -> Records:
    """Judgements of each need, with all columns of the judgements and `split`.

    A product has the best label that any rule gives it, and is irrelevant without one. Which ones are judged, where
    there are more than `MOST`, depends on the query and the product only. Needs with the same query are one; those that
    no product answers are left out.
    """
    merged: dict[str, InformationNeed] = {}
    for need in needs:
        if not need.exact:
            continue
        known = merged.setdefault(normalise(need.query), InformationNeed(normalise(need.query), set(), set(), set()))
        known.exact |= need.exact
        known.substitute |= need.substitute
        known.complement |= need.complement
    rows = [(query, product, label) for query, need in merged.items() for product, label in _pool(need, products)]
    queries = pa.chunked_array([pa.array([query for query, _, _ in rows], pa.string())])
    columns = {
        QUERY_ID: query_ids(queries),
        QUERY: queries,
        PRODUCT_ID: [product for _, product, _ in rows],
        ESCI_LABEL: [label for _, _, label in rows],
    }
    table = string_table(columns, JUDGEMENTS, len(rows))
    return Records(
        table.append_column(SPLIT, assign_splits(queries)), source, pa.array(range(1, len(rows) + 1), pa.int64())
    )


def _pool(need: InformationNeed, products: Sequence[str]) -> list[tuple[str, str]]:
    substitute = need.substitute - need.exact
    complement = need.complement - substitute - need.exact
    rest = set(products) - need.exact - substitute - complement
    pool = [(product, "E") for product in sorted(need.exact)]
    for label, group in (("S", substitute), ("C", complement), ("I", rest)):
        pool += [(product, label) for product in _chosen(need.query, group, MOST[label])]
    return pool


def _chosen(query: str, group: Collection[str], most: int) -> list[str]:
    return sorted(group, key=lambda product: (zlib.crc32(f"{query}\0{product}".encode()), product))[:most]
