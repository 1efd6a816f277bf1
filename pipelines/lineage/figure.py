"""Lineage as a picture: a box an execution, from the data on the left to the pushed version on the right."""

from pathlib import Path
from typing import Any, Final

from pipelines.lineage.layout import Flow, Point, lay_out
from pipelines.lineage.summary import local_time
from pipelines.lineage.upstream import Execution, Lineage

_WIDTH: Final = 4.6
_HEIGHT: Final = 0.9
"""Inches from box to box, aside and down."""
_BOX: Final = (0.46, 0.68)
"""Width and height of a box, as shares of those."""
_MADE: Final = "#1f3b64"
_JUDGED: Final = "#8fa8c8"
_WIRE: Final = "#9a9a9a"


def draw(lineage: Lineage, path: Path) -> None:
    """Write the picture, in the format that the suffix of `path` names: `.svg`, `.png` or `.pdf`.

    What made the model is dark; what only judged it, or made the model it was compared with, is light.
    """
    from matplotlib.figure import Figure  # no pyplot: no display and no state

    layout = lay_out(lineage)
    columns = 1 + max(x for x, _ in layout.boxes.values())
    reach = 0.5 + max(abs(y) for flow in layout.flows for _, y in flow.points) if layout.flows else 0.5
    figure = Figure(figsize=(columns * _WIDTH, 2 * reach * _HEIGHT + 0.5), layout="constrained")
    axes = figure.subplots()
    for flow in layout.flows:
        _wire(axes, flow)
    made = {execution.id for execution in lineage.makers()} | {lineage.pushed.maker}
    for number, place in layout.boxes.items():
        _box(axes, lineage.executions[number], place, _MADE if number in made else _JUDGED)
    axes.set_xlim(-0.5, columns - 0.5)
    axes.set_ylim(reach, -reach)
    axes.set_axis_off()
    axes.set_title(f"{lineage.model} {lineage.version}, pushed {local_time(lineage.pushed.created)}")
    figure.savefig(path, dpi=110)


def _box(axes: Any, execution: Execution, place: Point, colour: str) -> None:
    from matplotlib.patches import FancyBboxPatch

    width, height = _BOX
    corner = (place[0] - width / 2, place[1] - height / 2)
    axes.add_patch(FancyBboxPatch(corner, width, height, "round,pad=0,rounding_size=0.04", color=colour, zorder=2))
    code = [f"code {execution.code}"] if execution.code else []
    lines = [f"{execution.node} #{execution.id}", f"{local_time(execution.started)}, {execution.seconds:.1f} s", *code]
    axes.text(*place, "\n".join(lines), color="white", fontsize=8, ha="center", va="center", zorder=3)


def _wire(axes: Any, flow: Flow) -> None:
    from matplotlib.patches import FancyArrowPatch
    from matplotlib.path import Path as Line

    (x, y), *others = flow.points
    points, codes = [(x + _BOX[0] / 2, y)], [Line.MOVETO]
    for index, (right, height) in enumerate(others):
        end = right - _BOX[0] / 2
        left, before = points[-1]
        bend = (left + end) / 2
        points += [(bend, before), (bend, height), (end, height)]
        codes += [Line.CURVE4] * 3
        if index < len(others) - 1:  # straight on between the boxes of a column
            points.append((right + _BOX[0] / 2, height))
            codes.append(Line.LINETO)
    line = Line(points, codes)
    axes.add_patch(FancyArrowPatch(path=line, arrowstyle="-|>", mutation_scale=9, color=_WIRE, linewidth=0.8, zorder=1))
    axes.annotate(
        ", ".join(flow.names), points[-1], (-12, 0), textcoords="offset points", ha="right", va="center", fontsize=6,
        color="#444444", zorder=4, bbox={"boxstyle": "round,pad=0", "facecolor": "white", "edgecolor": "none"},
    )  # fmt: skip
