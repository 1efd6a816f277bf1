"""The confusions of a category head."""

from pathlib import Path
from typing import Final

import pandas as pd
from matplotlib.figure import Figure

from vitrine.plots.heat_map import heat_map

SHOWN: Final = 30
"""The most classes of a plot, those with the most confused products."""


def write_confusion(path: Path, confusion: pd.DataFrame) -> None:
    """Draw the share of each class's products that were predicted to be of each class; `confusion` has the numbers."""
    wrong = confusion.to_numpy().sum(axis=0) + confusion.to_numpy().sum(axis=1) - 2 * confusion.to_numpy().diagonal()
    places = sorted(wrong.argsort(kind="stable")[::-1][:SHOWN])
    shown = confusion.iloc[places, places]
    size = 3 + 0.28 * len(places)
    figure = Figure(figsize=(size, size), layout="constrained")
    heat_map(figure.subplots(), shown.div(confusion.sum(axis=1).iloc[places].clip(lower=1), axis=0), low=0, high=1)
    figure.savefig(path, dpi=120)
