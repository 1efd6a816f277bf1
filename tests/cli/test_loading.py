import gc
import weakref
from collections.abc import Iterator

import pytest

from cli.loading import loading


class Node:
    """Something in a cycle, which only the collector finds."""

    def __init__(self) -> None:
        self.itself = self


@pytest.fixture(autouse=True)
def _collector_as_before() -> Iterator[None]:
    thresholds = gc.get_threshold()
    yield
    gc.set_threshold(*thresholds)
    gc.enable()


def test_what_is_loaded_is_not_looked_through_again() -> None:
    frozen = gc.get_freeze_count()
    with loading():
        assert not gc.isenabled()
        loaded = [Node() for _ in range(1000)]
    assert gc.isenabled()
    assert gc.get_freeze_count() >= frozen + len(loaded)


def test_what_comes_later_is_collected() -> None:
    with loading():
        pass
    later = weakref.ref(Node())
    gc.collect()
    assert later() is None


def test_it_collects_again_after_an_import_that_fails() -> None:
    with pytest.raises(ModuleNotFoundError), loading():
        import nothing_of_this_name  # noqa: F401
    assert gc.isenabled()


def test_who_does_not_collect_is_left_alone() -> None:
    gc.disable()
    with loading(), loading():
        pass
    assert not gc.isenabled()
