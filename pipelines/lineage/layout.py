"""Where to draw the executions of a lineage: in columns, each behind all that it takes from."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pipelines.lineage.upstream import Lineage

_WIRE: Final = 0.4
"""Height of the gap that is left for a wire, in boxes."""

_ARRIVING: Final = 0.6
"""Height of a box's side on which wires arrive, in boxes."""

Point = tuple[float, float]
Slot = tuple[int, int]
"""A place in a column: the execution that it is, or whose outputs pass there, and the column."""


@dataclass(frozen=True)
class Flow:
    """What one execution takes from another: the names of it, and the points from box to box."""

    names: list[str]
    points: list[Point]


@dataclass(frozen=True)
class Layout:
    """Boxes by the id of their execution, and the flows between them: x counts columns, y boxes, 0 in the middle."""

    boxes: dict[int, Point]
    flows: list[Flow]


def lay_out(lineage: Lineage) -> Layout:
    """Place every execution, and the wires between them around the boxes: all that leaves one shares its wire."""
    names = _names(lineage)
    columns = _columns(lineage, names)
    wires = {
        (source, target): [(source, column) for column in range(columns[source], columns[target])]
        + [(target, columns[target])]
        for source, target in names
    }
    slots = {(execution, column) for execution, column in columns.items()}.union(*wires.values())
    before: dict[Slot, set[Slot]] = defaultdict(set)
    for wire in wires.values():
        for left, right in pairwise(wire):
            before[right].add(left)
    points: dict[Slot, Point] = {}
    for number in range(1 + max(columns.values())):
        points |= _stack([slot for slot in slots if slot[1] == number], columns, before, points)
    flows = [
        Flow(names[pair], [*(points[slot] for slot in wire[:-1]), end]) for pair, wire, end in _ends(wires, points)
    ]
    return Layout({execution: points[execution, column] for execution, column in columns.items()}, flows)


def _ends(
    wires: dict[tuple[int, int], list[Slot]], points: dict[Slot, Point]
) -> Iterator[tuple[tuple[int, int], list[Slot], Point]]:
    """Each wire with the point of its box that it ends at: above each other in the order in which they come."""
    arriving: dict[Slot, list[tuple[int, int]]] = defaultdict(list)
    for pair, wire in sorted(wires.items(), key=lambda item: (points[item[1][-2]][1], item[0])):
        arriving[wire[-1]].append(pair)
    for slot, pairs in arriving.items():
        x, y = points[slot]
        for index, pair in enumerate(pairs):
            yield pair, wires[pair], (x, y + _ARRIVING * ((index + 0.5) / len(pairs) - 0.5))


def _names(lineage: Lineage) -> dict[tuple[int, int], list[str]]:
    """What the second execution of a pair calls what it takes from the first."""
    found: dict[tuple[int, int], list[str]] = defaultdict(list)
    for execution in lineage.executions.values():
        for name, numbers in execution.inputs.items():
            for maker in {lineage.artifacts[number].maker for number in numbers}:
                if maker is not None:
                    found[maker, execution.id].append(name)
    return found


def _columns(lineage: Lineage, names: dict[tuple[int, int], list[str]]) -> dict[int, int]:
    columns = dict.fromkeys(sorted(lineage.executions), 0)  # a maker's id is lower than that of who takes from it
    for target in columns:
        sources = [source for source, one in names if one == target]
        columns[target] = 1 + max((columns[source] for source in sources), default=-1)
    return columns


def _stack(
    slots: list[Slot], columns: dict[int, int], before: dict[Slot, set[Slot]], points: dict[Slot, Point]
) -> dict[Slot, Point]:
    """Put the slots of a column one on the other, each near to what it takes from."""

    def height(slot: Slot) -> float:
        rows = [points[one][1] for one in before[slot]]
        return sum(rows) / len(rows) if rows else 0.0

    sizes = {slot: 1.0 if columns[slot[0]] == slot[1] else _WIRE for slot in slots}
    top = -sum(sizes.values()) / 2
    found: dict[Slot, Point] = {}
    for slot in sorted(slots, key=lambda slot: (height(slot), slot)):
        found[slot] = (float(slot[1]), top + sizes[slot] / 2)
        top += sizes[slot]
    return found
