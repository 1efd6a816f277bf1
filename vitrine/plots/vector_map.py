"""Vectors drawn in the plane: what they stand for is the colour, which kind of thing they are the mark."""

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

    Each group's name stands over its points; the marks are explained in a legend.
    """
    group, kind = np.array(groups), np.array(kinds)
    names, marks = sorted(set(groups)), dict(zip(dict.fromkeys(kinds), MARKS, strict=False))
    colours = dict(zip(names, colormaps["tab20"](np.linspace(0, 1, len(names))), strict=True))
    for name in names:
        for what, mark in marks.items():
            at = points[(group == name) & (kind == what)]
            axes.scatter(at[:, 0], at[:, 1], s=16, marker=mark, color=colours[name], linewidths=1)
        own = points[group == name]
        axes.annotate(
            name, (np.median(own[:, 0]), np.quantile(own[:, 1], 0.9)), (0, 8), textcoords="offset points", ha="center"
        )
    keys = [Line2D([], [], linestyle="", marker=mark, color="#555555", label=what) for what, mark in marks.items()]
    axes.legend(handles=keys, loc="best", fontsize=9)
    axes.set(xticks=[], yticks=[])
