"""Docstrings that say the thing, and loop variables that name what they hold."""

import ast
import itertools
import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

FOLDERS = (
    "apps",
    "benchmarks",
    "cli",
    "components",
    "feature_repo",
    "modules",
    "notebooks",
    "pipelines",
    "tests",
    "vitrine",
)
OPENINGS = {"How", "What", "When", "Where", "Whether", "Which", "Who", "Whom", "Whose", "Why"}
"""First words of docstrings and headings that describe around the thing. D401 of ruff asks for imperatives besides."""
PAGES = [*sorted((ROOT / "docs").glob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))]


def modules(folder: str) -> dict[Path, ast.Module]:
    return {path.relative_to(ROOT): ast.parse(path.read_bytes()) for path in sorted((ROOT / folder).rglob("*.py"))}


def documented(module: ast.Module) -> list[tuple[int, str]]:
    """Line and docstring of everything that has one, attributes and constants among it."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(module) if isinstance(node, kinds)]
    found = [(getattr(node, "lineno", 1), str(text)) for node in nodes if (text := ast.get_docstring(node))]
    return found + [
        (after.lineno, after.value.value)
        for node in nodes
        for before, after in itertools.pairwise(node.body)
        if isinstance(before, ast.Assign | ast.AnnAssign)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    ]


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_begin_with_a_noun_phrase_or_an_imperative(folder: str) -> None:
    docstrings = [
        f"{path}:{line}: {text.splitlines()[0]}"
        for path, module in modules(folder).items()
        for line, text in documented(module)
        if text.split()[0].strip(",.:") in OPENINGS
    ]
    assert docstrings == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_headings_do_not_begin_with_a_question_word(page: Path) -> None:
    headings = re.findall(r"^#+ (?:\d+\. )?((\w+).*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert [heading for heading, first in headings if first in OPENINGS] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_loop_variable_is_called_one(folder: str) -> None:
    places = [
        f"{path}:{node.lineno}"
        for path, module in modules(folder).items()
        for node in ast.walk(module)
        if isinstance(node, ast.Name) and node.id == "one" and isinstance(node.ctx, ast.Store)
    ]
    assert places == []
