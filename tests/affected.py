"""A runner of the tests that a change affects, nearest first: `python -m tests.affected [BASE]`.

A changed module affects the test files that import it, directly, through others or by a conftest file above them, and
those that have its name (`tests/cli/test_run.py` runs `cli/run.py` in other processes). Any other file affects the
tests that name it, and those of its top-level folder (`tests/deploy` for `deploy`). Tests that take minutes are left
to `make test`.
"""

import itertools
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import click
import grimp
import pytest

from tests.conftest import LONGEST, ROOT

SECONDS: Final = 100
"""Time after which no further tests are started."""
DIRECT: Final = 2
"""The distance of a test file that imports the changed module directly: the chain of imports contains both."""


@dataclass(frozen=True, order=True)
class AffectedTest:
    """A test file, and a changed file at a distance of `distance` imports."""

    distance: int
    test: str
    changed: str


def changed_files(base: str) -> list[str]:
    """List the files that differ from the merge base with `base`, and untracked files."""
    merge_base = _git("merge-base", base, "HEAD")[0]
    return sorted({*_git("diff", "--name-only", merge_base), *_git("ls-files", "--others", "--exclude-standard")})


def affected_tests(changed: Iterable[str]) -> list[AffectedTest]:
    """Find the test files that the files `changed`, as git names them, affect, nearest first.

    A test file that several changes affect is listed once for each.
    """
    graph = _imports()
    return sorted(test for path in changed for test in _affected_by(path, graph))


def nearest(tests: Iterable[AffectedTest]) -> list[AffectedTest]:
    """Keep each test file once, at its smallest distance."""
    return list({test.test: test for test in sorted(tests, reverse=True)}.values())[::-1]


def main(base: str = "main") -> int:
    """Print the changed files and the affected tests, and run the tests within the time limit.

    Returns:
        pytest's exit code, or 0 if there is nothing to run.
    """
    changed = changed_files(base)
    every = affected_tests(changed)
    tests = nearest(every)
    click.echo(f"Changed since {base}: {len(changed)} files. They affect {len(tests)} test files.")
    for path in sorted(set(changed) - {test.changed for test in every}):
        click.echo(f"  none for {path}")
    fast = [test for test in tests if not test.test.startswith(LONGEST)]
    for test in tests:
        click.echo(f"  {test.test} ({test.changed})" + ("" if test in fast else ": takes minutes, see `make test`"))
    if not fast:
        click.echo("No test was run. `make test` runs all.")
        return 0
    return run_within_time_limit(fast)


def run_within_time_limit(affected: Iterable[AffectedTest]) -> int:
    """Run the tests that import a changed module directly, then those one import farther away, and so on."""
    deadline = time.monotonic() + SECONDS
    for distance, group in itertools.groupby(affected, key=lambda test: max(test.distance, DIRECT)):
        files = [test.test for test in group]
        remaining = deadline - time.monotonic()
        if remaining < 0:
            click.echo(f"Not run within the time limit: {', '.join(files)}. `make test` runs all.")
            continue
        click.echo(f"Tests at distance {distance}:")
        command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", f"--within={remaining}", *files]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return code
    return 0


def _imports() -> grimp.ImportGraph:
    """Build the graph of imports, with those that pytest and the names of test files imply."""
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = settings["tool"]["importlinter"]["root_packages"]
    graph = grimp.build_graph(*packages, "benchmarks", "notebooks", "tests", cache_dir=None)
    for module in filter(_is_test, list(graph.modules)):
        *folders, name = module.split(".")
        tested = ".".join([*folders[1:], name.removeprefix("test_")])
        above = [".".join([*folders[:depth], "conftest"]) for depth in range(1, len(folders) + 1)]
        for implied in {tested, *above} & graph.modules:
            graph.add_import(importer=module, imported=implied)
    return graph


def _affected_by(path: str, graph: grimp.ImportGraph) -> list[AffectedTest]:
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    tests = sorted(filter(_is_test, graph.modules))
    if not path.endswith(".py") or module not in graph.modules:
        return [AffectedTest(1, _file(test), path) for test in tests if _names(test, path)]
    if module in tests:
        return [AffectedTest(0, path, path)]
    whole = path.endswith("/__init__.py")  # a package, which is imported with all modules in it
    importers = graph.find_downstream_modules(module, as_package=whole)
    affected = [
        AffectedTest(len(graph.find_shortest_chain(test, module, as_packages=whole) or ()), _file(test), path)
        for test in tests
        if test in importers
    ]
    beside = f"tests.{module.rpartition('.')[0]}."  # for modules that are imported by a name in a variable
    return affected or [AffectedTest(1, _file(test), path) for test in tests if test.startswith(beside)]


def _is_test(module: str) -> bool:
    return module.rpartition(".")[2].startswith("test_")


def _names(test: str, path: str) -> bool:
    """Return whether the module `test` has the same top-level folder as `path`, or names the file."""
    top, slash, _ = path.partition("/")
    of_the_folder = bool(slash) and test.startswith(f"tests.{top}.")
    return of_the_folder or path.rpartition("/")[2] in (ROOT / _file(test)).read_text(encoding="utf-8")


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False, text=True)
    if done.returncode:
        message = done.stderr.strip() or f"git {' '.join(arguments)} ended with {done.returncode}"
        raise SystemExit(f"{message}\nThe base must be a branch or commit of this clone: make check BASE=origin/main")
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
