"""Stamps on nodes: further execution properties, which TFX's cache looks at, executors ignore, and ML Metadata keeps.

Each has a name of its own, so that a run can say which of them made a node run again.
"""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Final

from tfx.dsl.components.base.base_component import BaseComponent
from tfx.dsl.components.base.base_node import BaseNode

from pipelines.stamps import CODE, MODULES
from pipelines.stamps.code import PACKAGES, Code
from vitrine.fingerprints import digest

_NAME: Final = re.compile(rf"\b(?:{'|'.join(PACKAGES)})(?:\.\w+)+")


def stamp_code(nodes: Iterable[BaseNode]) -> None:
    """Give every node that has an executor the stamp of its code. Resolvers have none: they are never cached."""
    code = Code()
    for node in nodes:
        if isinstance(node, BaseComponent):
            modules = code.stamp(entry_points(node, code))
            stamp(node, {CODE: digest(*map(str, modules.items())), MODULES: json.dumps(modules)})


def stamp(node: BaseNode, stamps: Mapping[str, str]) -> None:
    """Set properties of a node, beside those that its component knows."""
    for name, value in stamps.items():
        if name in node.exec_properties:
            raise ValueError(f"{node.id}: {name} is a property of the component")
        node.exec_properties[name] = value


def entry_points(node: BaseComponent, code: Code) -> set[str]:
    """Return the modules that run as a node: its executor's, and those of ours that its properties name.

    These are TFX's way to hand code over: `run_fn`, `preprocessing_fn`, and the modules of metrics in an EvalConfig.
    """
    named = {name for value in node.exec_properties.values() for name in _NAME.findall(str(value))}
    modules = {name if code.owns(name) else name.rpartition(".")[0] for name in named}
    return {node.executor_spec.executor_class.__module__} | {module for module in modules if code.owns(module)}
