"""Docstrings that say the thing, and loop variables that name what they hold."""

import ast
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
"""First words of docstrings that describe around the thing. D401 of ruff asks for imperatives besides."""


def modules(folder: str) -> dict[Path, ast.Module]:
    return {path.relative_to(ROOT): ast.parse(path.read_bytes()) for path in sorted((ROOT / folder).rglob("*.py"))}


def documented(module: ast.Module) -> list[tuple[int, str]]:
    """Line and docstring of everything that has one."""
    kinds = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    nodes = [node for node in ast.walk(module) if isinstance(node, kinds) and ast.get_docstring(node)]
    return [(getattr(node, "lineno", 1), str(ast.get_docstring(node))) for node in nodes]


@pytest.mark.parametrize("folder", FOLDERS)
def test_docstrings_begin_with_a_noun_phrase_or_an_imperative(folder: str) -> None:
    docstrings = [
        f"{path}:{line}: {text.splitlines()[0]}"
        for path, module in modules(folder).items()
        for line, text in documented(module)
        if text.split()[0].strip(",.:") in OPENINGS
    ]
    assert docstrings == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_no_loop_variable_is_called_one(folder: str) -> None:
    places = [
        f"{path}:{node.lineno}"
        for path, module in modules(folder).items()
        for node in ast.walk(module)
        if isinstance(node, ast.Name) and node.id == "one" and isinstance(node.ctx, ast.Store)
    ]
    assert places == []
