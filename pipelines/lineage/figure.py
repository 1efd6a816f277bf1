"""Lineage as a figure: one box per execution, from the data on the left to the pushed version on the right."""

from pathlib import Path
from typing import TYPE_CHECKING, Final

from pipelines.lineage.layout import Edge, Point, lay_out
from pipelines.lineage.summary import local_time
from pipelines.lineage.upstream import Execution, Lineage

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WIDTH: Final = 4.8
_HEIGHT: Final = 0.9
"""Inches from box to box, horizontally and vertically."""
_BOX: Final = (0.44, 0.68)
"""Width and height of a box, as shares of these distances."""
_MAKER_COLOUR: Final = "#1f3b64"
_EVALUATION_COLOUR: Final = "#5f7a9e"
_EDGE_COLOUR: Final = "#9a9a9a"


def draw(lineage: Lineage, path: Path) -> None:
    """Write the figure, in the format of `path`'s suffix: `.svg`, `.png` or `.pdf`.

    Executions that made the model are dark; those that only evaluated it, or made its baseline, are light.
    """
    from matplotlib.figure import Figure  # not pyplot, which needs a display and keeps state

    layout = lay_out(lineage)
    columns = 1 + max(x for x, _ in layout.boxes.values())
    reach = 0.5 + max(abs(y) for edge in layout.edges for _, y in edge.points) if layout.edges else 0.5
    figure = Figure(figsize=(columns * _WIDTH, 2 * reach * _HEIGHT + 0.5), layout="constrained")
    axes = figure.subplots()
    for edge in layout.edges:
        _draw_edge(axes, edge)
    makers = {execution.id for execution in lineage.makers()} | {lineage.pushed.maker}
    for number, point in layout.boxes.items():
        _draw_box(axes, lineage.executions[number], point, _MAKER_COLOUR if number in makers else _EVALUATION_COLOUR)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(reach, -reach)
    axes.set_axis_off()
    title = f"{lineage.model} {lineage.version}, pushed {local_time(lineage.pushed.created)}"
    axes.set_title(f"{title}\ndark: made the model; light: evaluated it, or made the baseline", loc="left")
    figure.savefig(path, dpi=110)


def _draw_box(axes: "Axes", execution: Execution, centre: Point, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    width, height = _BOX
    corner = (centre[0] - width / 2, centre[1] - height / 2)
    axes.add_patch(FancyBboxPatch(corner, width, height, "round,pad=0,rounding_size=0.04", color=colour, zorder=2))
    code = [f"code {execution.code}"] if execution.code else []
    lines = [f"{execution.node} #{execution.id}", f"{local_time(execution.started)}, {execution.seconds:.1f} s", *code]
    axes.text(*centre, "\n".join(lines), color="white", fontsize=8, ha="center", va="center", zorder=3)


def _draw_edge(axes: "Axes", edge: Edge) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Line

    (x, y), *others = edge.points
    points, codes = [(x + _BOX[0] / 2, y)], [Line.MOVETO]
    for index, (right, height) in enumerate(others):
        end = right - _BOX[0] / 2
        left, before = points[-1]
        bend = (left + end) / 2
        points += [(bend, before), (bend, height), (end, height)]
        codes += [Line.CURVE4] * 3
        if index < len(others) - 1:  # a straight line between the boxes of a column
            points.append((right + _BOX[0] / 2, height))
            codes.append(Line.LINETO)
    line = Line(points, codes)
    axes.add_patch(
        FancyArrowPatch(path=line, arrowstyle="-|>", mutation_scale=9, color=_EDGE_COLOUR, linewidth=0.8, zorder=1)
    )
    axes.annotate(
        ", ".join(edge.names), points[-1], (-12, 0), textcoords="offset points", ha="right", va="center", fontsize=6,
        color="#444444", zorder=4, bbox={"boxstyle": "round,pad=0", "facecolor": "white", "edgecolor": "none"},
    )  # fmt: skip
