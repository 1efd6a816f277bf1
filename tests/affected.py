"""Runs the tests that a change can touch, the nearest first: `python -m tests.affected [BASE]`.

A changed module touches the test files that import it, themselves, through others or by a conftest file above them,
and those that have its name (`tests/cli/test_run.py` runs `cli/run.py` in other processes). Any other file touches the
tests that name it, and those of its folder at the top (`tests/deploy` of `deploy`). What takes minutes is left to
`make test`.
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
"""For how long tests are begun."""
DIRECT: Final = 2
"""The distance of a test file that imports the changed module itself: the chain of imports has both in it."""


@dataclass(frozen=True, order=True)
class Touched:
    """A test file, and the changed file that is `distance` imports away from it."""

    distance: int
    test: str
    changed: str


def changed_files(base: str) -> list[str]:
    """List the files that differ from where this branch left `base`, and those that git does not know yet."""
    left = _git("merge-base", base, "HEAD")[0]
    return sorted({*_git("diff", "--name-only", left), *_git("ls-files", "--others", "--exclude-standard")})


def touched(changed: Iterable[str]) -> list[Touched]:
    """Find the test files that the files `changed`, as git names them, can touch: the nearest first.

    A file that several changes touch comes once for each.
    """
    graph = _imports()
    return sorted(one for path in changed for one in _touched_by(path, graph))


def nearest(found: Iterable[Touched]) -> list[Touched]:
    """Keep each test file once, where it is first."""
    return list({one.test: one for one in sorted(found, reverse=True)}.values())[::-1]


def main(base: str = "main") -> int:
    """Say what changed and what that touches, and run it while there is time.

    Returns:
        pytest's exit code, and 0 where there is nothing to run.

    """
    changed = changed_files(base)
    every = touched(changed)
    found = nearest(every)
    click.echo(f"Changed since {base}: {len(changed)} files. They touch {len(found)} test files.")
    for path in sorted(set(changed) - {one.changed for one in every}):
        click.echo(f"  none by {path}")
    fast = [one for one in found if not one.test.startswith(LONGEST)]
    for one in found:
        click.echo(f"  {one.test} ({one.changed})" + ("" if one in fast else ": takes minutes, see `make test`"))
    if not fast:
        click.echo("No test is run. `make test` runs all.")
        return 0
    return run_while_there_is_time(fast)


def run_while_there_is_time(found: Iterable[Touched]) -> int:
    """Run the tests that import a changed module themselves, then those one import farther away, and so on."""
    ends = time.monotonic() + SECONDS
    for distance, group in itertools.groupby(found, key=lambda one: max(one.distance, DIRECT)):
        tests = [one.test for one in group]
        left = ends - time.monotonic()
        if left < 0:
            click.echo(f"Not run for want of time: {', '.join(tests)}. `make test` runs all.")
            continue
        click.echo(f"Tests at distance {distance}:")
        command = [sys.executable, "-m", "pytest", "-q", "-m", "not slow", f"--within={left}", *tests]
        code = subprocess.run(command, cwd=ROOT, check=False).returncode
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            return code
    return 0


def _imports() -> grimp.ImportGraph:
    """Read which module imports which, and add what pytest and the names of test files imply."""
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


def _touched_by(path: str, graph: grimp.ImportGraph) -> list[Touched]:
    module = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    tests = sorted(filter(_is_test, graph.modules))
    if not path.endswith(".py") or module not in graph.modules:
        return [Touched(1, _file(test), path) for test in tests if _names(test, path)]
    if module in tests:
        return [Touched(0, path, path)]
    whole = path.endswith("/__init__.py")  # of a package, which all modules in it begin with
    importers = graph.find_downstream_modules(module, as_package=whole)
    found = [
        Touched(len(graph.find_shortest_chain(test, module, as_packages=whole) or ()), _file(test), path)
        for test in tests
        if test in importers
    ]
    beside = f"tests.{module.rpartition('.')[0]}."  # for what is imported by a name that is data
    return found or [Touched(1, _file(test), path) for test in tests if test.startswith(beside)]


def _is_test(module: str) -> bool:
    return module.rpartition(".")[2].startswith("test_")


def _names(test: str, path: str) -> bool:
    """Say whether the module `test` is of the same folder at the top as `path`, or names it."""
    top, slash, _ = path.partition("/")
    of_the_folder = bool(slash) and test.startswith(f"tests.{top}.")
    return of_the_folder or path.rpartition("/")[2] in (ROOT / _file(test)).read_text(encoding="utf-8")


def _file(module: str) -> str:
    return f"{module.replace('.', '/')}.py"


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, check=False, text=True)
    if done.returncode:
        told = done.stderr.strip() or f"git {' '.join(arguments)} ended with {done.returncode}"
        raise SystemExit(f"{told}\nThe base is a branch or commit of this clone: make check BASE=origin/main")
    return done.stdout.splitlines()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
