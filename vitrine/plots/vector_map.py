"""Maps of vectors projected into the plane, with a colour per group and a mark per kind."""

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

MARKS: Final = "osx^v"


def vector_map(axes: Axes, points: npt.NDArray[np.floating], groups: Sequence[str], kinds: Sequence[str]) -> None:
    """Draw `points` [N, 2], each with the colour of its group and the mark of its kind.

    Each group's name is written above its points; a legend explains the marks.
    """
    group, kind = np.array(groups), np.array(kinds)
    names, marks = sorted(set(groups)), dict(zip(dict.fromkeys(kinds), MARKS, strict=False))
    colours = dict(zip(names, colormaps["tab20"](np.linspace(0, 1, len(names))), strict=True))
    for name in names:
        for label, mark in marks.items():
            drawn = points[(group == name) & (kind == label)]
            axes.scatter(drawn[:, 0], drawn[:, 1], s=16, marker=mark, color=colours[name], linewidths=1)
        members = points[group == name]
        anchor = (np.median(members[:, 0]), np.quantile(members[:, 1], 0.9))
        axes.annotate(name, anchor, (0, 8), textcoords="offset points", ha="center")
    keys = [Line2D([], [], linestyle="", marker=mark, color="#555555", label=label) for label, mark in marks.items()]
    axes.legend(handles=keys, loc="best", fontsize=9)
    axes.set(xticks=[], yticks=[])
