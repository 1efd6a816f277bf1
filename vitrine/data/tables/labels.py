"""Labels of judgements by the values of a file: letters, names, grades and ranges of grades."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa

from vitrine.labels import LABELS, NAMES

KNOWN: Final = {label.lower(): label for label in LABELS} | {name: label for label, name in NAMES.items()}
"""Values that need no mapping, in lower case; they match in any case."""

RANGE: Final = re.compile(r"(?P<low>-?\d+(?:\.\d+)?)?\.\.(?P<high>-?\d+(?:\.\d+)?)?")


@dataclass(frozen=True)
class LabelMap:
    """The label of each value: `values` as written, then `ranges` of numbers with both ends, then `KNOWN`."""

    values: Mapping[str, str]
    ranges: tuple[tuple[float, float, str], ...]

    @classmethod
    def of(cls, mapping: Mapping[str, str]) -> "LabelMap":
        """Build a map from a user's, of which keys such as `2..3`, `2..` and `..1` are ranges."""
        ranges = []
        for value, label in mapping.items():
            if found := RANGE.fullmatch(value.strip()):
                ranges.append((float(found["low"] or "-inf"), float(found["high"] or "inf"), label))
            elif (number := as_number(value)) is not None:
                ranges.append((number, number, label))  # so that 3.0 is 3
        return cls(dict(mapping), tuple(ranges))

    def label(self, value: str) -> str:
        """Return the label of a value, or the value itself if it has none, which the rules then refuse."""
        if value in self.values:
            return self.values[value]
        number = as_number(value)
        if number is not None:
            return next((label for low, high, label in self.ranges if low <= number <= high), value)
        return KNOWN.get(value.lower(), value)

    def labels(self, values: pa.ChunkedArray) -> pa.Array:
        """Return the labels of values [N]."""
        encoded = values.combine_chunks().dictionary_encode()
        return pa.array(list(map(self.label, encoded.dictionary.to_pylist())), pa.string()).take(encoded.indices)

    def mean(self, values: Iterable[str]) -> str:
        """Return the label of the mean of several raters' values.

        The mean of numbers has the label of the nearest value or range, of labels that of the nearest rank from
        `LABELS`; of two equally near ones, it is the less relevant.
        """
        listed = list(values)
        numbers = [as_number(value) for value in listed]
        known = [number for number in numbers if number is not None]
        if len(known) == len(listed) and self.ranges:
            mean = sum(known) / len(known)
            gaps = [(max(low - mean, mean - high, 0), label) for low, high, label in self.ranges]
            nearest = min(gap for gap, _ in gaps)
            near = [label for gap, label in gaps if gap == nearest]
            return min(near, key=LABELS.index) if nearest else near[0]
        ranks = [LABELS.index(self.label(value)) for value in listed]
        return LABELS[_nearest(sum(ranks) / len(ranks))]


def as_number(value: str) -> float | None:
    """Return the number that a value is, or None."""
    return float(value) if re.fullmatch(r"\s*-?(\d+(\.\d*)?|\.\d+)\s*", value, re.ASCII) else None


def _nearest(rank: float) -> int:
    """Round a rank, half down."""
    return int(rank) + (rank - int(rank) > 0.5)
