import gc
import weakref
from collections.abc import Iterator

import pytest

from cli.garbage_collection import no_collection


class Node:
    """An object in a reference cycle, which only the garbage collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _restored_collector() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.enable()


def test_imported_objects_are_frozen() -> None:
    frozen = gc.get_freeze_count()
    with no_collection():
        assert not gc.isenabled()
        loaded = [Node() for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(loaded)


def test_later_objects_are_collected() -> None:
    with no_collection():
        pass
    later = weakref.ref(Node())
    gc.collect()
    assert later() is None


def test_collection_is_enabled_again_after_a_failed_import() -> None:
    with pytest.raises(ModuleNotFoundError), no_collection():
        import nothing_of_this_name  # noqa: F401
    assert gc.isenabled()


def test_disabled_collection_stays_disabled() -> None:
    gc.disable()
    with no_collection(), no_collection():
        pass
    assert not gc.isenabled()
