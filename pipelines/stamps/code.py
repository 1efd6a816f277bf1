"""Stamps of code: all modules of ours that a node's entry points import, and the packages that compute there."""

import ast
import hashlib
import sys
from collections.abc import Collection, Iterable
from functools import cached_property
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import grimp

PACKAGES: Final = ("pipelines", "components", "modules", "feature_repo", "vitrine")
"""Where the code of nodes is. The command line is not among them: no node imports it."""

RECORDERS: Final = {"absl", "codecarbon", "mlflow", "orjson", "pydantic", "upath", "yaml"}
"""Packages that check, read or record, and compute nothing: their versions change no output."""


class Code:
    """The import graph of our packages as their files are now, and the versions of the others."""

    def __init__(self, packages: Iterable[str] = PACKAGES) -> None:
        """Parse the packages, in a tenth of a second; nothing is imported or written."""
        self._graph = grimp.build_graph(
            *packages, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
        )

    def owns(self, module: str) -> bool:
        """Whether `module` is one of ours."""
        return module in self._graph.modules and not self._graph.is_module_squashed(module)

    def stamp(self, entries: Collection[str]) -> dict[str, str]:
        """Return digests by module and versions by distribution of all that runs when the modules `entries` do.

        Of an entry that is not ours, such as one of TFX's executors, only the packages that it imports directly count.
        """
        modules, packages = self._closure({entry for entry in entries if self.owns(entry)})
        packages |= {name for entry in entries if not self.owns(entry) for name in _imported_by(entry)}
        return {module: _digest(module) for module in sorted(modules)} | self._versions(packages)

    def _closure(self, entries: set[str]) -> tuple[set[str], set[str]]:
        """The modules of ours that `entries` import, with themselves, and the top-level names of all others."""
        ours, others, pending = set[str](), set[str](), set(entries)
        while pending:
            module = pending.pop()
            ours.add(module)
            imported = self._graph.find_modules_directly_imported_by(module)
            if package := module.rpartition(".")[0]:  # Python runs a package's own module before those in it
                imported.add(package)
            others |= {name.partition(".")[0] for name in imported if not self.owns(name)}
            pending |= {name for name in imported if self.owns(name)} - ours
        return ours, others

    def _versions(self, packages: set[str]) -> dict[str, str]:
        """Versions of the distributions that hold top-level packages.

        A namespace such as `google` belongs to many distributions; what is imported of it here only serializes.
        """
        found = {
            distribution
            for name in packages - sys.stdlib_module_names - RECORDERS
            if (spec := find_spec(name)) and spec.origin
            for distribution in self._distributions.get(name, [])
        }
        return {name: version(name) for name in sorted(found)}

    @cached_property
    def _distributions(self) -> dict[str, list[str]]:
        return dict(packages_distributions())


def _digest(module: str) -> str:
    """A digest of the source of a module of ours, found without importing the packages above it."""
    root, *path = module.split(".")
    spec = find_spec(root)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(module)
    place = Path(spec.submodule_search_locations[0], *path)
    source = place / "__init__.py" if place.is_dir() else place.with_suffix(".py")
    return hashlib.sha256(source.read_bytes()).hexdigest()[:12]


def _imported_by(module: str) -> set[str]:
    """The top-level packages that a module imports, and its own."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    nodes = list(ast.walk(ast.parse(Path(spec.origin).read_bytes())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.partition(".")[0] for name in (module, *names)}
