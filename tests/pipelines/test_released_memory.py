import gc
import logging
import weakref

import pytest
from absl import logging as absl_logging

from pipelines.node_messages import FINISHED, STARTED
from pipelines.released_memory import ReleasedMemory


class Cycle:
    """An object that only the garbage collector frees."""

    def __init__(self) -> None:
        self.itself = self


@pytest.mark.parametrize(("message", "freed"), [(STARTED, True), (FINISHED, False)])
def test_cycles_are_freed_when_a_node_starts(message: str, freed: bool) -> None:
    before = absl_logging.get_verbosity()
    absl_logging.set_verbosity(absl_logging.INFO)
    gc.disable()
    try:
        left = weakref.ref(Cycle())
        with ReleasedMemory():
            absl_logging.info(message, "Trainer")
        assert (left() is None) is freed
    finally:
        gc.enable()
        absl_logging.set_verbosity(before)


def test_nothing_is_released_after_the_block() -> None:
    with ReleasedMemory():
        pass
    assert not any(isinstance(handler, ReleasedMemory) for handler in logging.getLogger("absl").handlers)
