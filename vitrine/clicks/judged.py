"""The judgements that a data folder has already: people's, and others that clicks never override."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from vitrine.clicks.impressions import Ints
from vitrine.clicks.relevance import Relevance
from vitrine.data.contract.files import Split
from vitrine.data.contract.judged_rows import JudgedRow, judged_rows
from vitrine.data.contract.judges import CLICKS, DERIVED, PEOPLE, judge_of
from vitrine.data.contract.splits import split_of
from vitrine.errors import DataError
from vitrine.labels import CLASS_IDS

Pair = tuple[str, str]
"""A query's normalised text, and a product's id."""


@dataclass
class Judged:
    """The judgements of a data folder but those of clicks.

    Attributes:
        queries: id and text of each query, by normalised text.
        splits: the split of each query, by normalised text.
        pairs: all judged pairs.
        people: the class id of each pair that people have judged, by split.
        gates: whether judgements of the eval split outrank clicks there.
    """

    queries: dict[str, tuple[str, str]] = field(default_factory=dict)
    splits: dict[str, Split] = field(default_factory=dict)
    pairs: set[Pair] = field(default_factory=set)
    people: dict[Split, dict[Pair, int]] = field(default_factory=lambda: {"train": {}, "eval": {}})
    gates: bool = False

    def split(self, query: str) -> Split:
        """Return the split of a normalised text: the folder's, or that of its hash."""
        return self.splits.get(query) or split_of(query)

    def labels(self, split: Split, relevance: Relevance) -> Ints:
        """Return the class ids that people gave to pairs in a split, int64 [P]; -1 where they gave none."""
        people = self.people[split]
        return np.asarray([people.get(pair, -1) for pair in pairs_of(relevance)], np.int64)


def read_judged(data: Path) -> Judged:
    """Read the judgements of both splits of a data folder, which may have none; spans are merged.

    Raises:
        DataError: a label is unknown.
    """
    judged = Judged()
    for row in judged_rows(data):
        _add(judged, data, row)
    return judged


def pairs_of(relevance: Relevance) -> list[Pair]:
    """Return the pairs of a relevance, by normalised text."""
    texts: Sequence[str] = relevance.normalised
    rows = zip(relevance.query.tolist(), relevance.product.tolist(), strict=True)
    return [(texts[query], relevance.products[product]) for query, product in rows]


def _add(judged: Judged, data: Path, row: JudgedRow) -> None:
    if row.label not in CLASS_IDS:
        raise DataError(f"{data / 'judgements'}: esci_label {row.label!r} is not one of E, S, C, I")
    judged.splits.setdefault(row.query, row.split)
    judged.queries.setdefault(row.query, (row.query_id, row.text))
    judge = judge_of(row.source)
    if judge == CLICKS:
        return
    pair = row.query, row.product_id
    judged.pairs.add(pair)
    judged.gates |= row.split == "eval" and judge != DERIVED
    if judge == PEOPLE:
        judged.people[row.split].setdefault(pair, CLASS_IDS[row.label])
