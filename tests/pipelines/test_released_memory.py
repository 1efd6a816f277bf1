import gc
import logging
import os
import subprocess
import sys
import weakref

import pytest
from absl import logging as absl_logging

from pipelines.node_messages import FINISHED, STARTED
from pipelines.released_memory import SYSTEM_ALLOCATOR, ReleasedMemory, use_system_allocator


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


FREED = """
from pathlib import Path
from pipelines.released_memory import use_system_allocator
use_system_allocator()
import tensorflow as tf

def resident():
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) >> 10 for line in lines if line.startswith("RssAnon"))

tf.zeros([1])
before = resident()
tensor = tf.ones([200 << 20], tf.uint8)
assert resident() - before > 190
del tensor
print(resident() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the resident memory that Linux reports")
def test_large_tensors_go_back_to_the_system() -> None:
    environment = {name: value for name, value in os.environ.items() if name != SYSTEM_ALLOCATOR}
    command = [sys.executable, "-c", FREED]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) < 20


def test_a_chosen_allocator_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SYSTEM_ALLOCATOR, "0")
    use_system_allocator()
    assert os.environ[SYSTEM_ALLOCATOR] == "0"
