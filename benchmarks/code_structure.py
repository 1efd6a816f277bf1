"""Figures of the code's structure, of this checkout or of another one.

    python -m benchmarks.code_structure [--checkout FOLDER]

Modules are files other than `__init__.py`. A circle is a module that imports itself through others; imports inside
functions count. `Any` counts in annotations and calls, not in imports.
"""

import argparse
import ast
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import grimp

FOLDERS: Final = ("cli", "components", "feature_repo", "modules", "pipelines", "vitrine")
LARGEST: Final = 3


def modules(checkout: Path) -> list[Path]:
    """Return the modules of a checkout, relative to it."""
    found = (path for folder in FOLDERS for path in (checkout / folder).rglob("*.py"))
    return sorted(path.relative_to(checkout) for path in found if path.name != "__init__.py")


def largest_folders(paths: Iterable[Path]) -> list[tuple[str, int]]:
    """Return the folders with the most modules, and how many each has."""
    return Counter(path.parent.as_posix() for path in paths).most_common(LARGEST)


def in_circles(checkout: Path) -> list[str]:
    """Return the modules of a checkout that import themselves through others."""
    sys.path.insert(0, str(checkout))  # grimp reads the files that it finds there; nothing of them is imported here
    try:
        graph = grimp.build_graph(*(folder for folder in FOLDERS if (checkout / folder).is_dir()), cache_dir=None)
    finally:
        sys.path.remove(str(checkout))
    return sorted(
        module
        for module in graph.modules
        if any(graph.chain_exists(other, module) for other in graph.find_modules_directly_imported_by(module))
    )


def uses_of_any(source: str) -> int:
    """Return how often a module uses the type `Any`."""
    return sum(isinstance(node, ast.Name) and node.id == "Any" for node in ast.walk(ast.parse(source)))


def main() -> None:
    """Print the figures, a line each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--checkout", type=Path, default=Path(__file__).parents[1], metavar="FOLDER")
    checkout = parser.parse_args().checkout.resolve()
    paths = modules(checkout)
    sources = [(checkout / path).read_text(encoding="utf-8") for path in paths]
    lines = sorted(source.count("\n") for source in sources)
    print(f"modules: {len(paths)} in {len({path.parent for path in paths})} folders")
    print(f"lines of a module: median {lines[len(lines) // 2]}, most {lines[-1]}")
    print("largest folders:", ", ".join(f"{name} {count}" for name, count in largest_folders(paths)))
    print("modules in circles of imports:", len(in_circles(checkout)))
    print("uses of Any:", sum(map(uses_of_any, sources)))


if __name__ == "__main__":
    main()
