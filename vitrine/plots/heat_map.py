"""Heat maps of tables."""

from typing import Final

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

COLOURS: Final = "Blues"


def heat_map(
    axes: Axes, values: pd.DataFrame, form: str = "", low: float | None = None, high: float | None = None
) -> None:
    """Draw `values` as coloured cells with the names of rows and columns.

    With the format specification `form`, each cell shows its number. The colours range from `low` to `high`, by default
    from the smallest to the largest value.
    """
    image = axes.imshow(values, cmap=COLOURS, vmin=low, vmax=high, aspect="equal")
    columns, rows = ([str(name) for name in names] for names in (values.columns, values.index))
    axes.set_xticks(range(len(columns)), columns, rotation=90 if not form else 0, parse_math=False)
    axes.set_yticks(range(len(rows)), rows, parse_math=False)
    axes.set_xlabel(str(values.columns.name or ""))
    axes.set_ylabel(str(values.index.name or ""))
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    if not form:
        axes.figure.colorbar(image, ax=axes, shrink=0.6)
        return
    middle = sum(image.get_clim()) / 2
    for (row, column), value in np.ndenumerate(values.to_numpy()):
        colour = "white" if value > middle else "black"
        axes.text(column, row, format(value, form), ha="center", va="center", color=colour)
