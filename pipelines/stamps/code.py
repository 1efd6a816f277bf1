"""Stamps of code: all first-party modules that a node's entry points import, and third-party versions.

A module counts with the data files in its folder that it names, such as a template or a dictionary.
"""

import ast
import hashlib
import sys
from collections.abc import Callable, Collection, Iterable
from functools import cache, cached_property
from importlib.metadata import packages_distributions, version
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import grimp

PACKAGES: Final = ("pipelines", "components", "modules", "feature_repo", "vitrine")
"""The first-party packages. The command line is not among them: no node imports it."""

IGNORED: Final = {"absl", "codecarbon", "mlflow", "orjson", "pydantic", "upath", "yaml"}
"""Third-party packages that validate, read or record only: their versions change no output."""


class Code:
    """The import graph of the first-party packages' present files, and the versions of third-party packages."""

    def __init__(self, packages: Iterable[str] = PACKAGES) -> None:
        """Parse the packages, in a tenth of a second, without importing or writing anything."""
        self._graph = grimp.build_graph(
            *packages, include_external_packages=True, exclude_type_checking_imports=True, cache_dir=None
        )
        self._data_files = cache(_data_files)

    def owns(self, module: str) -> bool:
        """Return whether `module` is first-party."""
        return module in self._graph.modules and not self._graph.is_module_squashed(module)

    def stamp(self, entries: Collection[str]) -> dict[str, str]:
        """Return digests by module and versions by distribution of all that the modules `entries` import.

        A third-party entry, such as one of TFX's executors, counts with its direct imports only.
        """
        modules, packages = self._closure({entry for entry in entries if self.owns(entry)})
        packages |= {name for entry in entries if not self.owns(entry) for name in _imported_packages(entry)}
        digests = {module: _digest(module, self._data_files) for module in sorted(modules)}
        return digests | self._versions(packages)

    def _closure(self, entries: set[str]) -> tuple[set[str], set[str]]:
        """Return the first-party modules that `entries` import, with themselves, and all other top-level names."""
        first_party, others, pending = set[str](), set[str](), set(entries)
        while pending:
            module = pending.pop()
            first_party.add(module)
            imported = self._graph.find_modules_directly_imported_by(module)
            if package := module.rpartition(".")[0]:  # Python runs a package's `__init__` before its modules
                imported.add(package)
            others |= {name.partition(".")[0] for name in imported if not self.owns(name)}
            pending |= {name for name in imported if self.owns(name)} - first_party
        return first_party, others

    def _versions(self, packages: set[str]) -> dict[str, str]:
        """Return the versions of the distributions of top-level packages.

        Namespaces such as `google` are left out: many distributions share them, and they serve only to serialize.
        """
        distributions = {
            distribution
            for name in packages - sys.stdlib_module_names - IGNORED
            if (spec := find_spec(name)) and spec.origin
            for distribution in self._distributions.get(name, [])
        }
        return {name: version(name) for name in sorted(distributions)}

    @cached_property
    def _distributions(self) -> dict[str, list[str]]:
        return dict(packages_distributions())


def _digest(module: str, data_files: Callable[[Path], list[Path]]) -> str:
    """Return a digest of a first-party module's source and of the data files that it names.

    The module's parent packages are not imported.
    """
    root, *path = module.split(".")
    spec = find_spec(root)
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError(module)
    location = Path(spec.submodule_search_locations[0], *path)
    source = (location / "__init__.py" if location.is_dir() else location.with_suffix(".py")).read_bytes()
    digest = hashlib.sha256(source)
    for file in data_files(location if location.is_dir() else location.parent):
        if file.name.encode() in source:
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]


def _data_files(folder: Path) -> list[Path]:
    """Return the files of a package's folder that are no code, in order."""
    return sorted(file for file in folder.iterdir() if file.suffix not in (".py", ".pyc") and file.is_file())


def _imported_packages(module: str) -> set[str]:
    """Return the top-level packages that a module imports, and its own."""
    spec = find_spec(module)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(module)
    nodes = list(ast.walk(ast.parse(Path(spec.origin).read_bytes())))
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level]
    return {name.partition(".")[0] for name in (module, *names)}
