"""Findings of a suite: figures that thresholds can be set for, tables, and plots. Imports nothing heavy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from vitrine.metrics.bootstrap import Estimate

Better = Literal["low", "high"]
Cell = str | int | float | None


@dataclass(frozen=True)
class Figure:
    """One measured value that `audit.gate` can name.

    Attributes:
        key: `<suite>.<subject>.<measure>`, such as `robustness.typo_swap.ndcg_loss`.
        value: The value; NaN if nothing could be measured.
        low, high: Its 95% interval.
        n: Number of queries, images or results that it is measured on.
        better: Whether a low or a high value is the better one: a threshold is the highest or the lowest one allowed.
        threshold: The bound of `audit.gate`, if it names this figure.
        passed: Whether the value keeps to the bound; None without one.
    """

    key: str
    value: float
    low: float
    high: float
    n: int
    better: Better
    threshold: float | None = None
    passed: bool | None = None

    @classmethod
    def of(cls, key: str, estimate: Estimate, n: int, better: Better) -> "Figure":
        """Return the figure of a mean with its interval."""
        return cls(key, estimate.value, estimate.low, estimate.high, n, better)


@dataclass(frozen=True)
class Table:
    """A table: a title, the names of the columns, and rows of as many cells. Floats are shown with three decimals."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    note: str = ""


@dataclass(frozen=True)
class Plot:
    """A plot: a name for its file, a caption, and the bytes of a PNG."""

    name: str
    caption: str
    png: bytes


@dataclass(frozen=True)
class Section:
    """The findings of one suite.

    Attributes:
        name: The suite's name.
        title: The heading.
        reading: One paragraph that says what was measured and what was found.
        skipped: The reason that nothing was measured; "" otherwise.
    """

    name: str
    title: str
    reading: str
    figures: tuple[Figure, ...] = ()
    tables: tuple[Table, ...] = ()
    plots: tuple[Plot, ...] = ()
    skipped: str = ""


def skipped(name: str, title: str, reason: str) -> Section:
    """Return the section of a suite that cannot measure anything here."""
    return Section(name, title, f"Not measured: {reason}.", skipped=reason)
