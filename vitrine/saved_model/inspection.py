"""Inspection of SavedModels before they are loaded: a model is a program, and may only compute."""

from __future__ import annotations

import functools
import itertools
import posixpath
from collections.abc import Container, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from vitrine.saved_model.allowed_ops import ALLOWED_OPS, RESTORE_OP, SAVE_OPS, TABLE_FILE_OPS
from vitrine.saved_model.status import ApiError
from vitrine.saved_model.versions import SAVED_MODEL

if TYPE_CHECKING:
    from tensorflow.core.framework.graph_pb2 import GraphDef
    from tensorflow.core.framework.node_def_pb2 import NodeDef
    from tensorflow.core.protobuf.meta_graph_pb2 import AssetFileDef, MetaGraphDef

INIT_OP: Final = "__saved_model_init_op"
INIT_COLLECTIONS: Final = ("saved_model_main_op", "legacy_init_op")
ASSETS_COLLECTION: Final = "saved_model_assets"
CALLS: Final = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
"""Operations whose inputs are the arguments of the function that they call."""
REASON: Final = "a model may not read or write files, run code or open connections"


class Node(NamedTuple):
    """A node's place: a function's name, or "" for the graph, and the node's name."""

    function: str
    name: str

    def __str__(self) -> str:
        return f"node {self.name}" + (f" of {self.function}" if self.function else "")


Files = dict[str, tuple[int, set[str]]]
"""For an operation on a file, the number of the input that names it, and the nodes that the name may come from."""


def check_saved_model(directory: Path) -> None:
    """Refuse a SavedModel with operations that do more than compute.

    Every operation must be one of `ALLOWED_OPS`. Files are read only where the loader names them: variables when it
    restores, and vocabularies of `assets/` when it initialises. No signature leads to an operation on files.

    Raises:
        ApiError: FAILED_PRECONDITION, naming the operation; DATA_LOSS where the file is no SavedModel; NOT_FOUND
            without the file.
    """
    from google.protobuf.message import DecodeError  # type: ignore[import-untyped]
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file = directory / SAVED_MODEL
    try:
        model = SavedModel.FromString(file.read_bytes())
    except OSError as error:
        raise ApiError("NOT_FOUND", f"{file}: {error.strerror}") from None
    except DecodeError:
        raise ApiError("DATA_LOSS", f"{file} is not a SavedModel") from None
    for meta_graph in model.meta_graphs:
        for problem in _problems(meta_graph):
            raise ApiError("FAILED_PRECONDITION", f"{file}: {problem}: {REASON}")


def _problems(meta_graph: MetaGraphDef) -> Iterator[str]:
    """Yield what is wrong with a graph."""
    graph = _Graph(meta_graph.graph_def)
    for place, node in graph.nodes.items():
        if node.op not in ALLOWED_OPS and node.op not in graph.bodies:
            yield f"operation {node.op} ({place}) is not allowed"
    files = _assets(meta_graph)
    for asset in files:
        path = posixpath.normpath(asset.filename)
        if path.startswith(("/", "..")) or "://" in asset.filename:
            yield f"asset {asset.filename} is outside assets/"
    assets = {_name(asset.tensor_info.name) for asset in files}
    variables = {_name(meta_graph.saver_def.filename_tensor_name)}
    initial = {name for key in INIT_COLLECTIONS for name in meta_graph.collection_def[key].node_list.value}
    served: set[str] = set()
    for key, signature in meta_graph.signature_def.items():
        outputs = [info.name for info in signature.outputs.values()]
        if key == INIT_OP:
            initial.update(outputs)
        if key != INIT_OP or signature.method_name:
            served.update(outputs)
    yield from graph.file_problems("a signature", served, {})
    yield from graph.file_problems("the initialisation", initial, dict.fromkeys(TABLE_FILE_OPS, (1, assets)))
    yield from graph.file_problems(
        "the restoration", [meta_graph.saver_def.restore_op_name], {RESTORE_OP: (0, variables)}
    )


def _assets(meta_graph: MetaGraphDef) -> list[AssetFileDef]:
    """Return the files that the loader passes to the initialisation; TensorFlow 1 names them in a collection."""
    from tensorflow.core.protobuf.meta_graph_pb2 import AssetFileDef

    if meta_graph.asset_file_def or ASSETS_COLLECTION not in meta_graph.collection_def:
        return list(meta_graph.asset_file_def)
    packed = meta_graph.collection_def[ASSETS_COLLECTION].any_list.value
    return [AssetFileDef.FromString(asset.value) for asset in packed]


class _Graph:
    """The nodes of a graph and of its functions, and where the arguments of functions come from."""

    def __init__(self, graph: GraphDef) -> None:
        functions = {function.signature.name: function for function in graph.library.function}
        self.nodes: dict[Node, NodeDef] = {Node("", node.name): node for node in graph.node}
        self.bodies: dict[str, list[Node]] = {}
        for name, function in functions.items():
            self.bodies[name] = [Node(name, node.name) for node in function.node_def]
            self.nodes |= zip(self.bodies[name], function.node_def, strict=True)
        self._called: dict[Node, list[str]] = {}
        self._sources: dict[Node, set[Node | None]] = {}
        for place, node in self.nodes.items():
            self._called[place] = list(_called(node, functions))
            for name in self._called[place]:
                inputs = _inputs(place, node) if node.op in CALLS or node.op == name else []
                for argument, source in itertools.zip_longest(functions[name].signature.input_arg, inputs):
                    if argument is not None:
                        self._sources.setdefault(Node(name, argument.name), set()).add(source)

    def file_problems(self, subject: str, outputs: Iterable[str], allowed: Files) -> Iterator[str]:
        """Yield the operations on files that run for `outputs`, apart from those `allowed`."""
        for place in self._running(outputs):
            node = self.nodes[place]
            if node.op in SAVE_OPS | TABLE_FILE_OPS | {RESTORE_OP}:
                number, names = allowed.get(node.op, (0, set()))
                file = Node(place.function, _name(node.input[number]))
                if node.op not in allowed or not self._origins(file) <= {Node("", name) for name in names}:
                    yield f"{subject} runs {node.op} ({place}) on a file of its own"

    def _running(self, outputs: Iterable[str]) -> set[Node]:
        """Return the nodes that run for `outputs`."""
        running: set[Node] = set()
        waiting = [Node("", _name(output)) for output in outputs]
        while waiting:
            place = waiting.pop()
            if place not in running and place in self.nodes:  # an argument is no node
                running.add(place)
                waiting += _inputs(place, self.nodes[place])
                waiting += (node for function in self._called[place] for node in self.bodies[function])
        return running

    def _origins(self, tensor: Node) -> set[Node | None]:
        """Return the nodes that a tensor's value comes from, through functions and variables; None if unknown."""
        found: set[Node | None] = set()
        seen: set[Node | None] = set()
        waiting: list[Node | None] = [tensor]
        while waiting:
            place = waiting.pop()
            if place in seen:
                continue
            seen.add(place)
            node = self.nodes.get(place) if place else None
            if place in self._sources:
                waiting += self._sources[place]
            elif place and node and node.op == "Identity":
                waiting += _inputs(place, node)[:1]
            elif place and node and node.op == "ReadVariableOp":
                variables = {self._variable(origin) for origin in self._origins(_inputs(place, node)[0])}
                values = [
                    value for name, value in self._assigned if name is None or not {name, None}.isdisjoint(variables)
                ]
                waiting += values or [None]
            else:
                found.add(place)
        return found

    @functools.cached_property
    def _assigned(self) -> list[tuple[tuple[str, str] | None, Node]]:
        """The variables that are assigned to anywhere, and the values."""
        return [
            (self._variable(origin), _inputs(place, node)[1])
            for place, node in self.nodes.items()
            if node.op == "AssignVariableOp"
            for origin in self._origins(_inputs(place, node)[0])
        ]

    def _variable(self, place: Node | None) -> tuple[str, str] | None:
        """Return container and name of the variable whose handle a node is; None if it cannot be told."""
        node = self.nodes.get(place) if place else None
        if node is None or node.op != "VarHandleOp":
            return None
        return node.attr["container"].s.decode(), node.attr["shared_name"].s.decode() or node.name


def _called(node: NodeDef, functions: Container[str]) -> Iterator[str]:
    """Yield the functions that a node runs."""
    if node.op in functions:
        yield node.op
    for value in node.attr.values():
        for function in (value.func, *value.list.func):
            if function.name in functions:
                yield function.name


def _inputs(place: Node, node: NodeDef) -> list[Node]:
    return [Node(place.function, _name(name)) for name in node.input]


def _name(tensor: str) -> str:
    """Return the node of a tensor's name: `a:0`, in functions `a:output:0`, or `^a` for a node that runs before."""
    return tensor.removeprefix("^").partition(":")[0]
