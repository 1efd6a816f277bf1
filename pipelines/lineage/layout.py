"""The layout of a lineage: executions in columns, each to the right of all its inputs' executions."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from pipelines.lineage.upstream import Lineage

_GAP: Final = 0.4
"""Height of the gap for an edge between boxes, in boxes."""

_ARRIVING: Final = 0.6
"""Height of the part of a box's side where edges arrive, in boxes."""

Point = tuple[float, float]
Slot = tuple[int, int]
"""A place in a column: the execution that is drawn there, or whose outputs pass there, and the column."""


@dataclass(frozen=True)
class Edge:
    """The inputs that one execution takes from another: their names, and the points from box to box."""

    names: list[str]
    points: list[Point]


@dataclass(frozen=True)
class Layout:
    """Boxes by the id of their execution, and edges between them: x in columns, y in boxes from the middle."""

    boxes: dict[int, Point]
    edges: list[Edge]


def lay_out(lineage: Lineage) -> Layout:
    """Place every execution, and route the edges around the boxes. The edges that leave a box share a route."""
    names = _input_names(lineage)
    columns = _columns(lineage, names)
    routes = {
        (source, target): [(source, column) for column in range(columns[source], columns[target])]
        + [(target, columns[target])]
        for source, target in names
    }
    slots = {(execution, column) for execution, column in columns.items()}.union(*routes.values())
    before: dict[Slot, set[Slot]] = defaultdict(set)
    for route in routes.values():
        for left, right in pairwise(route):
            before[right].add(left)
    points: dict[Slot, Point] = {}
    for number in range(1 + max(columns.values())):
        points |= _stack([slot for slot in slots if slot[1] == number], columns, before, points)
    edges = [
        Edge(names[pair], [*(points[slot] for slot in route[:-1]), end]) for pair, route, end in _ends(routes, points)
    ]
    return Layout({execution: points[execution, column] for execution, column in columns.items()}, edges)


def _ends(
    routes: dict[tuple[int, int], list[Slot]], points: dict[Slot, Point]
) -> Iterator[tuple[tuple[int, int], list[Slot], Point]]:
    """Yield each route with its end at its box: one above the other, in the order in which they arrive."""
    arriving: dict[Slot, list[tuple[int, int]]] = defaultdict(list)
    for pair, route in sorted(routes.items(), key=lambda item: (points[item[1][-2]][1], item[0])):
        arriving[route[-1]].append(pair)
    for slot, pairs in arriving.items():
        x, y = points[slot]
        for index, pair in enumerate(pairs):
            yield pair, routes[pair], (x, y + _ARRIVING * ((index + 0.5) / len(pairs) - 0.5))


def _input_names(lineage: Lineage) -> dict[tuple[int, int], list[str]]:
    """Return the second execution's names of the inputs that it takes from the first, by pair of executions."""
    names: dict[tuple[int, int], list[str]] = defaultdict(list)
    for execution in lineage.executions.values():
        for name, numbers in execution.inputs.items():
            for maker in {lineage.artifacts[number].maker for number in numbers}:
                if maker is not None:
                    names[maker, execution.id].append(name)
    return names


def _columns(lineage: Lineage, names: dict[tuple[int, int], list[str]]) -> dict[int, int]:
    columns = dict.fromkeys(sorted(lineage.executions), 0)  # a maker's id is lower than its consumers' ids
    for target in columns:
        sources = [source for source, consumer in names if consumer == target]
        columns[target] = 1 + max((columns[source] for source in sources), default=-1)
    return columns


def _stack(
    slots: list[Slot], columns: dict[int, int], before: dict[Slot, set[Slot]], points: dict[Slot, Point]
) -> dict[Slot, Point]:
    """Stack the slots of a column, each near its inputs."""

    def height(slot: Slot) -> float:
        rows = [points[source][1] for source in before[slot]]
        return sum(rows) / len(rows) if rows else 0.0

    sizes = {slot: 1.0 if columns[slot[0]] == slot[1] else _GAP for slot in slots}
    top = -sum(sizes.values()) / 2
    stacked: dict[Slot, Point] = {}
    for slot in sorted(slots, key=lambda slot: (height(slot), slot)):
        stacked[slot] = (float(slot[1]), top + sizes[slot] / 2)
        top += sizes[slot]
    return stacked
