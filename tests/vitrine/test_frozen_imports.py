import gc
import importlib
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest

from vitrine.frozen_imports import frozen_imports


class Node:
    """An object in a reference cycle, which only the garbage collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _enabled_collector() -> Iterator[None]:
    yield
    gc.enable()


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A package that was not imported before."""
    monkeypatch.syspath_prepend(tmp_path)
    name = f"large_{tmp_path.name}"
    (tmp_path / f"{name}.py").write_text("CONSTANTS = [[number] for number in range(1000)]\n")
    return name


def test_imported_objects_are_frozen(package: str) -> None:
    frozen = gc.get_freeze_count()
    with frozen_imports():
        assert not gc.isenabled()
        importlib.import_module(package)
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + 1000


def test_garbage_is_freed_if_nothing_was_left_to_import(package: str) -> None:
    importlib.import_module(package)
    garbage = weakref.ref(Node())
    with frozen_imports():
        importlib.import_module(package)
    gc.collect()
    assert garbage() is None


def test_later_objects_are_collected(package: str) -> None:
    with frozen_imports():
        importlib.import_module(package)
    later = weakref.ref(Node())
    gc.collect()
    assert later() is None


def test_collection_is_enabled_again_after_a_failed_import() -> None:
    with pytest.raises(ModuleNotFoundError), frozen_imports():
        import nothing_of_this_name  # noqa: F401
    assert gc.isenabled()


def test_disabled_collection_stays_disabled() -> None:
    gc.disable()
    with frozen_imports(), frozen_imports():
        pass
    assert not gc.isenabled()
