"""Removal of what no server needs from the graph of a SavedModel that was written.

`tf.RaggedTensor` checks every partition that TensorFlow's or TF Text's own ops return, such as the pieces of a split
text. Each check is a conditional with two functions, which every signature that encodes texts instantiates. The checks
cannot fail, and are a third of the nodes of a text encoder.

Functions that were loaded from another SavedModel, such as Transform's, still have the graph optimizer on; see
`vitrine.saved_model.saving`.
"""

import re
from collections import Counter, deque
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tensorflow.core.framework.function_pb2 import FunctionDef, FunctionDefLibrary
    from tensorflow.core.framework.node_def_pb2 import NodeDef

GUARD: Final = re.compile(r"(?:^|/)Ragged\w*/(?:\w+/)*Assert/AssertGuard$")
"""The names of conditionals that check the partition of a ragged tensor."""
CONDITIONALS: Final = ("If", "StatelessIf")


def trim(directory: Path) -> int:
    """Trim the SavedModel in `directory`, in place, and return the number of removed checks."""
    from tensorflow.core.protobuf.saved_model_pb2 import SavedModel

    file = directory / "saved_model.pb"
    model = SavedModel.FromString(file.read_bytes())
    removed = 0
    for meta in model.meta_graphs:
        library = meta.graph_def.library
        for nodes in (meta.graph_def.node, *(function.node_def for function in library.function)):
            _skip_optimizer(nodes)
        removed += _remove_checks(library)
    file.write_bytes(model.SerializeToString(deterministic=True))
    return removed


def _skip_optimizer(nodes: Iterable["NodeDef"]) -> None:
    """Turn the graph optimizer off in calls of functions."""
    from tensorflow.core.protobuf.config_pb2 import ConfigProto

    for node in nodes:
        if "config_proto" in node.attr:
            options = ConfigProto.FromString(node.attr["config_proto"].s)
            options.graph_options.rewrite_options.disable_meta_optimizer = True
            node.attr["config_proto"].s = options.SerializeToString(deterministic=True)


def _remove_checks(library: "FunctionDefLibrary") -> int:
    """Remove the checks of ragged tensors from all functions, with the branches of the conditionals."""
    guards = [guard for function in library.function for guard in _without_checks(function)]
    branches = {guard.attr[name].func.name for guard in guards for name in ("then_branch", "else_branch")}
    kept = [function for function in library.function if function.signature.name not in branches]
    called = {value.func.name for function in kept for node in function.node_def for value in node.attr.values()}
    if branches and not branches & called:
        del library.function[:]
        library.function.extend(kept)
    return len(guards)


def _without_checks(function: "FunctionDef") -> list["NodeDef"]:
    """Remove the checks from one function, and return their conditionals."""
    consumers = Counter(_node(name) for node in function.node_def for name in node.input if not name.startswith("^"))
    consumers.update(_node(name) for name in function.ret.values())
    nodes = {node.name: node for node in function.node_def}
    guards = [
        node
        for node in function.node_def
        if node.op in CONDITIONALS and GUARD.search(node.name) and _decides_nothing(node.name, nodes, consumers)
    ]
    dropped = {name for guard in guards for name in (guard.name, f"{guard.name}/Identity")}
    for node in function.node_def:
        if any(name.startswith("^") and name[1:] in dropped for name in node.input):
            inputs = [name for name in node.input if name[1:] not in dropped]
            del node.input[:]
            node.input.extend(inputs)
    for name in [name for name, node_name in function.control_ret.items() if node_name in dropped]:
        del function.control_ret[name]
        function.signature.control_output.remove(name)
    dropped |= _unused_inputs(guards, nodes, dropped, set(function.control_ret.values()), consumers)
    left = [node for node in function.node_def if node.name not in dropped]
    removed = [type(guard).FromString(guard.SerializeToString()) for guard in guards]
    if guards:
        del function.node_def[:]
        function.node_def.extend(left)
    return removed


def _decides_nothing(name: str, nodes: dict[str, "NodeDef"], consumers: Counter[str]) -> bool:
    """Return whether the result of a conditional is read by its identity alone, and that by no node."""
    identity = f"{name}/Identity"
    return identity in nodes and consumers[name] == 1 and not consumers[identity]


def _unused_inputs(
    guards: list["NodeDef"],
    nodes: dict[str, "NodeDef"],
    dropped: set[str],
    returned: set[str],
    consumers: Counter[str],
) -> set[str]:
    """Return the nodes that only the guards needed: those whose every consumer is gone."""
    controlled = {
        name[1:] for node in nodes.values() if node.name not in dropped for name in node.input if name.startswith("^")
    }
    unused: set[str] = set()
    waiting = deque(name for guard in guards for name in guard.input if not name.startswith("^"))
    while waiting:
        name = _node(waiting.popleft())
        consumers[name] -= 1
        if consumers[name] == 0 and name in nodes and name not in returned | controlled:
            unused.add(name)
            waiting.extend(each for each in nodes[name].input if not each.startswith("^"))
    return unused


def _node(name: str) -> str:
    """Return the node of an input such as `node:output:0`."""
    return name.removeprefix("^").split(":")[0]
