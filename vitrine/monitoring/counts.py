"""Counts of a window's searches: totals, shares, days, and the products that were shown."""

from collections import Counter
from typing import Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from vitrine.monitoring.hash_filter import HashFilter, hashed
from vitrine.monitoring.searches import SearchBlock

MEASURES: Final = ("junk", "no_result", "rewritten", "clicked", "filtered")
GROUPS: Final = ("catalogue", "arm", "kind", "route", "version")
DAY: Final = 86400


class SearchCounts:
    """Numbers of searches and users; of searches by measure, by day, and by the values of `GROUPS`."""

    def __init__(self) -> None:
        self.searches = self.users = self.unidentified = self.further_pages = 0
        self.measures: Counter[str] = Counter(dict.fromkeys(MEASURES, 0))
        self.days: Counter[str] = Counter()
        self.groups: dict[str, Counter[str]] = {name: Counter() for name in GROUPS}
        self._seen = HashFilter()

    def add(self, block: SearchBlock) -> None:
        """Count the searches of a block."""
        frame = block.frame
        known = frame["known"].to_numpy()
        self.searches += len(frame)
        self.unidentified += int((~known).sum())
        self.users += int(self._seen.add(frame["unit"].to_numpy()[known]).sum())
        self.further_pages += int((frame["offset"] > 0).sum())
        for name in MEASURES:
            self.measures[name] += int(frame[name].sum())
        days = pd.to_datetime(frame["time"] // DAY * DAY, unit="s").dt.strftime("%Y-%m-%d")
        self.days.update(_counted(days))
        for name, counter in self.groups.items():
            counter.update(_counted(frame[name]))

    def shares(self) -> dict[str, float]:
        """Return the share of searches by measure; empty without searches."""
        return {name: count / self.searches for name, count in self.measures.items()} if self.searches else {}


def _counted(values: "pd.Series[str]") -> dict[str, int]:
    return {str(value): int(count) for value, count in values.value_counts().items()}


class ShownProducts:
    """Numbers of products that were shown: all, distinct ones, and those that a catalogue lacks."""

    def __init__(self, catalogue: pa.Array | None = None) -> None:
        """Start counting; `catalogue` has the ids of all products."""
        self._catalogue = catalogue
        self._seen = HashFilter()
        self.shown = self.distinct = self.unknown = 0
        self.examples: Counter[str] = Counter()

    def add(self, block: SearchBlock) -> None:
        """Count the products of a block."""
        counted = pc.list_flatten(block.product_ids).combine_chunks().value_counts()
        ids, counts = counted.field("values"), counted.field("counts").to_numpy()
        self.shown += int(counts.sum())
        self.distinct += int(self._seen.add(hashed(ids.to_pandas())).sum())
        if self._catalogue is None:
            return
        absent = ~pc.is_in(ids, self._catalogue).to_numpy(zero_copy_only=False)
        self.unknown += int(counts[absent].sum())
        unknown = dict(zip(ids.filter(pa.array(absent)).to_pylist(), counts[absent].tolist(), strict=True))
        self.examples = Counter(dict((self.examples + Counter(unknown)).most_common(1000)))

    @property
    def unknown_share(self) -> float:
        """The share of shown products that the catalogue lacks; NaN without a catalogue or a product."""
        return self.unknown / self.shown if self.shown and self._catalogue is not None else float(np.nan)
