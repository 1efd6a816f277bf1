"""Stamps on nodes: execution properties that are part of TFX's cache key, and that executors ignore.

Each stamp has its own name, so that a run can report which of them made a node run again.
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

_NAME: Final = re.compile(rf"(?<![\w/.-])(?:{'|'.join(PACKAGES)})(?:\.\w+)+")
"""A reference to code; in a path, such as `/srv/modules.d`, it is none."""


def stamp_code(nodes: Iterable[BaseNode], code: Code) -> None:
    """Set the code stamp of every node with an executor. Resolvers have none: they are never cached."""
    for node in nodes:
        if isinstance(node, BaseComponent):
            stamp(node, code_stamps(code.stamp(entry_points(node, code))))


def code_stamps(modules: Mapping[str, str]) -> dict[str, str]:
    """Return the stamps of the modules that a node runs, by `Code.stamp`."""
    return {CODE: digest(*map(str, modules.items())), MODULES: json.dumps(modules)}


def stamp(node: BaseNode, stamps: Mapping[str, str]) -> None:
    """Set properties of a node that its component does not declare."""
    for name, value in stamps.items():
        if name in node.exec_properties:
            raise ValueError(f"{node.id}: {name} is already a property of the component")
        node.exec_properties[name] = value


def entry_points(node: BaseComponent, code: Code) -> set[str]:
    """Return the modules that a node runs: its executor's, and the first-party modules that its properties name.

    TFX passes code by name: `run_fn`, `preprocessing_fn`, and the modules of metrics in an EvalConfig.
    """
    references = {name for value in node.exec_properties.values() for name in _NAME.findall(str(value))}
    modules = {name if code.owns(name) else name.rpartition(".")[0] for name in references}
    return {node.executor_spec.executor_class.__module__} | {module for module in modules if code.owns(module)}
