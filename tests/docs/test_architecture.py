"""The diagrams of docs/ARCHITECTURE.md are those of the code."""

import re
from functools import cache

import grimp

from tests.conftest import ROOT
from vitrine.search.model.ranking_signatures import SIGNATURES

PAGE = (ROOT / "docs" / "ARCHITECTURE.md").read_text(encoding="utf-8")
PROGRAMS = ("cli", "pipelines", "components", "modules", "feature_repo")


@cache
def imports() -> dict[str, set[str]]:
    """By package, those that its modules import. A package of `vitrine/` goes without that prefix."""
    graph = grimp.build_graph("vitrine", *PROGRAMS, cache_dir=None)
    found: dict[str, set[str]] = {}
    for module in graph.modules:
        for imported in graph.find_modules_directly_imported_by(module):
            here, there = package(module), package(imported)
            if here and there and here != there:
                found.setdefault(here, set()).add(there)
    return found


def package(module: str) -> str | None:
    """The package of a module; none for a single module of `vitrine/`."""
    top, *rest = module.split(".")
    if top != "vitrine":
        return top
    return rest[0] if rest and (ROOT / "vitrine" / rest[0]).is_dir() else None


def reachable(start: str, arrows: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = list(arrows.get(start, ()))
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += arrows.get(name, ())
    return found


def section(heading: str) -> str:
    return PAGE.split(f"\n## {heading}\n", 1)[1].split("\n## ", 1)[0]


def test_an_arrow_is_an_import_that_follows_from_no_others() -> None:
    drawn = set(re.findall(r"^ +(\w+) --> (\w+)$", section("Packages"), re.MULTILINE))
    assert drawn == {
        (here, there)
        for here, others in imports().items()
        for there in others
        if not any(there in reachable(other, imports()) for other in others - {there})
    }


def test_no_arrow_leads_back() -> None:
    assert [name for name in imports() if name in reachable(name, imports())] == []


def test_the_path_of_a_query_calls_signatures_that_there_are() -> None:
    called = set(re.findall(r"gateway->>server: (\w+)", section("The path of a query")))
    assert called == {"embed_text", "rank_text"}
    assert set(re.findall(r"`(rank_\w+)`", section("The path of a query"))) | called >= set(SIGNATURES)
