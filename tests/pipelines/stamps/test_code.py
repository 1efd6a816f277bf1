import importlib
from pathlib import Path

import pytest

from pipelines.stamps.code import Code

SOURCES = {
    "stamped/__init__.py": "from stamped import everywhere\n",
    "stamped/everywhere.py": "",
    "stamped/entry.py": "from stamped.near import x\nraise RuntimeError\n",
    "stamped/near.py": "def f():\n    from .inner import deep\n    import numpy.linalg\n    import yaml, json\n",
    "stamped/inner/__init__.py": "",
    "stamped/inner/deep.py": "import typing\nif typing.TYPE_CHECKING:\n    from stamped.inner import typed\n",
    "stamped/inner/typed.py": "",
    "stamped/aside.py": "import stamped.entry\n",
}


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package `stamped`, whose import would fail."""
    for name, source in SOURCES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source)
    monkeypatch.syspath_prepend(str(tmp_path))
    importlib.invalidate_caches()
    return tmp_path


def stamp(*entries: str) -> dict[str, str]:
    return Code(["stamped"]).stamp(entries)


def test_all_imports_count_also_those_in_functions_and_in_parent_packages(package: Path) -> None:
    modules = {"stamped", *(f"stamped.{name}" for name in ("entry", "everywhere", "inner", "inner.deep", "near"))}
    assert stamp("stamped.entry").keys() == modules | {"numpy"}


@pytest.mark.parametrize("name", ["__init__", "entry", "everywhere", "near", "inner/__init__", "inner/deep"])
def test_a_changed_import_changes_the_digest_of_that_module(package: Path, name: str) -> None:
    before = stamp("stamped.entry")
    with (package / "stamped" / f"{name}.py").open("a") as file:
        file.write("y = 1\n")
    after = stamp("stamped.entry")
    module = f"stamped/{name}".removesuffix("/__init__").replace("/", ".")
    assert {name for name in before if before[name] != after[name]} == {module}


@pytest.mark.parametrize("name", ["aside", "inner/typed", "new"])
def test_a_change_outside_the_imports_does_not(package: Path, name: str) -> None:
    before = stamp("stamped.entry")
    (package / "stamped" / f"{name}.py").write_text("y = 1\n")
    assert stamp("stamped.entry") == before


def test_a_data_file_counts_for_the_module_that_names_it(package: Path) -> None:
    folder = package / "stamped" / "inner"
    (folder / "deep.py").write_text('WORDS = Path(__file__).with_name("words.csv")\n')
    (folder / "unread.csv").write_text("a")
    (folder / "words.csv").write_text("a")
    before = stamp("stamped.entry")
    (folder / "unread.csv").write_text("b")
    assert stamp("stamped.entry") == before
    (folder / "words.csv").write_text("b")
    after = stamp("stamped.entry")
    assert {name for name in before if before[name] != after[name]} == {"stamped.inner.deep"}


def test_versions_of_third_party_packages_count(package: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipelines.stamps.code.version", lambda name: f"{name} of tomorrow")
    assert stamp("stamped.entry")["numpy"] == "numpy of tomorrow"


def test_nothing_is_written_beside_the_code(package: Path) -> None:
    before = sorted(package.rglob("*"))
    for file in before:
        file.chmod(0o555 if file.is_dir() else 0o444)
    stamp("stamped.entry")
    assert sorted(package.rglob("*")) == before


def test_a_third_party_entry_counts_by_the_versions_of_its_imports(package: Path) -> None:
    digests = stamp("tfx.components.statistics_gen.executor")
    assert {"tfx", "tensorflow-data-validation"} <= digests.keys()
    assert not any("." in name for name in digests)


def test_an_unknown_entry_is_an_error(package: Path) -> None:
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        stamp("nowhere")
