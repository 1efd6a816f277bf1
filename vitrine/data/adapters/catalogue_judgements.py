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
    """The items of the products seen so far; a few hundred bytes of each stay in memory."""

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
        chosen = self._needs(candidates, source)
        self._leave_unclear(chosen, pool)
        return judge(chosen, pool, source)

    def queries(self, source: Path) -> list[str]:
        """Return the distinct queries that the judgements would have.

        Raises:
            DataError: the rules find no query.
        """
        _, candidates = choose_products(by_category(self.items))
        return list(dict.fromkeys(normalise(need.query) for need in self._needs(candidates, source)))

    def _needs(self, candidates: Candidates, source: Path) -> list[InformationNeed]:
        chosen = choose_needs(needs(self.items, candidates))
        if not chosen:
            raise DataError(
                f"{source}: no query can be derived: no product has a category, a brand that others lack, "
                "or a title of two to eight words"
            )
        return chosen

    def _leave_unclear(self, chosen: list[InformationNeed], pool: list[str]) -> None:
        judged = {*pool}.union(*(need.substitute | need.complement for need in chosen))
        texts = {item.id: item.title for item in self.items if item.id in judged}
        # Products and queries are apart, because a query may be a product's id.
        terms, wanted = _terms(texts), _terms({need.query: need.query for need in chosen})
        for need in chosen:
            leave_unclear(need, pool, wanted[need.query], terms)


def _terms(texts: dict[str, str]) -> dict[str, frozenset[str]]:
    analysed = analyse_column(text_array(texts.values())).to_pylist()
    return dict(zip(texts, map(frozenset, analysed), strict=True))
