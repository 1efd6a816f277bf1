"""Judgements derived by rules over metadata, for datasets without human judgements."""

import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pyarrow as pa

from vitrine.data.columns import QUERY
from vitrine.data.contract.derived_columns import assign_splits, judgement_table
from vitrine.data.contract.judges import DERIVED
from vitrine.data.contract.rules import SPLIT
from vitrine.data.contract.splits import normalise
from vitrine.data.formats.records import Records

MAX_JUDGED: Final = {"S": 30, "C": 15, "I": 15}
"""Maximal number of judged products per query and label. All exact ones are judged, for recall over the catalogue."""


@dataclass
class InformationNeed:
    """A query, with the ids of its exact products, their substitutes and their complements.

    A product has the best of its labels. The rules cannot tell about the `unclear` ones: those that are not exact or
    substitutes are not judged.
    """

    query: str
    exact: set[str]
    substitute: set[str]
    complement: set[str]
    unclear: set[str] = field(default_factory=set)


def judge(needs: Iterable[InformationNeed], products: Sequence[str], source: Path) -> Records:
    """Judge products for each information need; return all columns of the judgements and `split`.

    A product has the best label that a rule gives it, and is irrelevant without one. Where there are more than
    `MAX_JUDGED`, the choice depends on the query and the product only. Needs of the same query are merged; needs
    without an exact product are left out.
    """
    merged: dict[str, InformationNeed] = {}
    for need in needs:
        if not need.exact:
            continue
        same_query = merged.setdefault(
            normalise(need.query), InformationNeed(normalise(need.query), set(), set(), set())
        )
        same_query.exact |= need.exact
        same_query.substitute |= need.substitute
        same_query.complement |= need.complement
        same_query.unclear |= need.unclear
    rows = [(query, product, label) for query, need in merged.items() for product, label in _pool(need, products)]
    table = judgement_table(rows, DERIVED)
    table = table.append_column(SPLIT, assign_splits(table[QUERY]))
    return Records(table, source, pa.array(range(1, len(rows) + 1), pa.int64()))


def _pool(need: InformationNeed, products: Sequence[str]) -> list[tuple[str, str]]:
    substitute = need.substitute - need.exact
    complement = need.complement - substitute - need.exact - need.unclear
    rest = set(products) - need.exact - substitute - complement - need.unclear
    pool = [(product, "E") for product in sorted(need.exact)]
    for label, group in (("S", substitute), ("C", complement), ("I", rest)):
        pool += [(product, label) for product in _choose(need.query, group, MAX_JUDGED[label])]
    return pool


def _choose(query: str, group: Collection[str], count: int) -> list[str]:
    return sorted(group, key=lambda product: (zlib.crc32(f"{query}\0{product}".encode()), product))[:count]
