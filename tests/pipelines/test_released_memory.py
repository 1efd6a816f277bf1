import gc
import logging
import os
import subprocess
import sys
import weakref

import pytest
from absl import logging as absl_logging

from pipelines.node_messages import FINISHED, STARTED
from pipelines.released_memory import SYSTEM_ALLOCATOR, ReleasedMemory


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


def test_memory_of_a_freed_model_goes_back_to_the_kernel() -> None:
    program = """
import gc, sys
from pipelines.released_memory import use_system_allocator
use_system_allocator()
import psutil, tensorflow as tf
megabytes = lambda: psutil.Process().memory_info().rss >> 20
before = megabytes()
graph = tf.Graph()
with graph.as_default(), tf.compat.v1.Session() as session:
    weights = tf.compat.v1.get_variable("weights", initializer=tf.zeros([16 << 20]), use_resource=True)
    session.run(weights.initializer)
    held = megabytes() - before
print(held, megabytes() - before)
"""
    environment = {name: value for name, value in os.environ.items() if name != SYSTEM_ALLOCATOR}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    held, left = map(int, done.stdout.split())
    assert held > 60
    assert left < held - 50
