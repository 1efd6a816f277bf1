"""Judgements derived from any catalogue while it is written, for datasets that have none."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa

from vitrine.data.adapters.catalogue_items import Item, items
from vitrine.data.adapters.catalogue_needs import Candidates, by_category, leave_unclear, needs
from vitrine.data.adapters.derived_judgements import InformationNeed, judge
from vitrine.data.adapters.large_catalogues import choose_needs, choose_products
from vitrine.data.contract.splits import normalise
from vitrine.data.formats.records import Records
from vitrine.errors import DataError
from vitrine.text.analysis import analyse_column, text_array


@dataclass
class DerivedJudgements:
    """The items of the products seen so far, which stay in memory."""

    items: list[Item] = field(default_factory=list)

    def watch(self, products: Iterable[pa.Table]) -> Iterator[pa.Table]:
        """Yield the tables of the catalogue, and remember what the rules need."""
        for table in products:
            self.items += items(table)
            yield table

    def records(self, source: Path) -> Records:
        """Return the judgements of the products seen, with all columns and `split`; `source` is the dataset.

        Raises:
            DataError: the rules find no query.
        """
        pool, candidates = choose_products(by_category(self.items))
        chosen = self._needs(pool, candidates, source)
        return judge(self._leave_unclear(chosen, pool), pool, source)

    def queries(self, source: Path) -> list[str]:
        """Return the distinct queries that the judgements would have.

        Raises:
            DataError: the rules find no query.
        """
        chosen = self._needs(*choose_products(by_category(self.items)), source)
        return list(dict.fromkeys(normalise(need.query) for need in chosen))

    def _needs(self, pool: list[str], candidates: Candidates, source: Path) -> list[InformationNeed]:
        chosen = choose_needs(needs(self.items, candidates, pool))
        if not chosen:
            raise DataError(
                f"{source}: no query can be derived: no product has a category, a brand that others lack, "
                "or a title of two to eight words"
            )
        return chosen

    def _leave_unclear(self, chosen: list[InformationNeed], pool: list[str]) -> list[InformationNeed]:
        judged = {*pool}.union(*(need.substitute | need.complement for need in chosen))
        texts = {item.id: item.title for item in self.items if item.id in judged}
        # Products and queries are apart, because a query may be a product's id.
        terms, wanted = _terms(texts), _terms({need.query: need.query for need in chosen})
        return [leave_unclear(need, pool, wanted[need.query], terms) for need in chosen]


def _terms(texts: dict[str, str]) -> dict[str, frozenset[str]]:
    analysed = analyse_column(text_array(texts.values())).to_pylist()
    return dict(zip(texts, map(frozenset, analysed), strict=True))
