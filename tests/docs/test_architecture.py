"""The diagrams of docs/ARCHITECTURE.md against the code."""

import re
import tomllib
from functools import cache

import grimp

from tests.conftest import ROOT
from vitrine.search.model.ranking_signatures import SIGNATURES

PAGE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PROGRAMS = ("cli", "pipelines", "components", "modules", "feature_repo")


@cache
def imports() -> dict[str, set[str]]:
    """Return the packages that each package imports. Packages of `vitrine/` are named without that prefix."""
    graph = grimp.build_graph("vitrine", *PROGRAMS, cache_dir=None)
    imported_packages: dict[str, set[str]] = {}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            importer, imported_package = package(module), package(imported)
            if importer and imported_package and importer != imported_package:
                imported_packages.setdefault(importer, set()).add(imported_package)
    return imported_packages


def package(module: str) -> str | None:
    """Return the package of a module, or None for a single module of `vitrine/`."""
    top, *parts = module.split(".")
    if top != "vitrine":
        return top
    return parts[0] if parts and (ROOT / "vitrine" / parts[0]).is_dir() else None


def reachable(start: str, arrows: dict[str, set[str]]) -> set[str]:
    names: set[str] = set()
    waiting = list(arrows.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in names:
            names.add(name)
            waiting += arrows.get(name, ())
    return names


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_the_layers_are_those_of_the_import_contract() -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    (contract,) = (contract for contract in contracts if contract.get("containers") == ["vitrine"])
    documented: list[set[str]] = []
    for number, names in re.findall(r"^\| (\d*) ?\| (`[^|]+)\|", section("The library"), re.MULTILINE):
        if number:
            assert int(number) == len(documented) + 1
            documented.append(set())
        documented[-1].update(re.findall(r"`(\w+)(?:/|\.py)`", names))
    assert documented == [set(layer.split(" | ")) for layer in contract["layers"]]


def test_an_arrow_is_an_import_that_is_not_implied_by_others() -> None:
    arrows = set(re.findall(r"^ +(\w+) --> (\w+)$", section("Packages"), re.MULTILINE))
    assert arrows == {
        (importer, imported)
        for importer, imported_packages in imports().items()
        for imported in imported_packages
        if not any(imported in reachable(other, imports()) for other in imported_packages - {imported})
    }


def test_no_package_imports_itself_through_others() -> None:
    assert [name for name in imports() if name in reachable(name, imports())] == []


def test_the_path_of_a_query_calls_existing_signatures() -> None:
    called = set(re.findall(r"gateway->>server: (\w+)", section("The path of a query")))
    assert called == {"embed_text", "rank_text"}
    assert set(re.findall(r"`(rank_\w+)`", section("The path of a query"))) | called >= set(SIGNATURES)
