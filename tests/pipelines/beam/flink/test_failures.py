import pytest

from pipelines.beam.flink.console import Failure
from pipelines.beam.flink.failures import explain, explain_lasting

POOL = "localhost:50000"
NO_POOL = """java.lang.Exception: The user defined 'open()' method caused: StatusRuntimeException: UNAVAILABLE
	at org.apache.beam.runners.fnexecution.environment.ExternalEnvironmentFactory.createEnvironment(External.java:113)
Caused by: java.net.ConnectException: finishConnect(..) failed: Connection refused"""
LOST = "RemoteTransportException: Lost connection to task manager '10.0.0.3:33131'. The remote task manager was lost."


def failure(text: str) -> Failure:
    return Failure(stacktrace=text, endpoint="10.0.0.2:4711")


@pytest.mark.parametrize(
    ("text", "setting"),
    [
        (NO_POOL, "beam.flink.worker_pool localhost:50000 on 10.0.0.2; start one beside each task manager"),
        ('java.io.IOException: Cannot run program "docker": error=2', "no docker; set beam.flink.worker_pool"),
        (
            "java.io.IOException: Insufficient number of network buffers: required 9, but only 5 available.",
            "on 10.0.0.2; raise taskmanager.memory.network.max",
        ),
        (
            "java.io.IOException: Cannot write record to fresh sort buffer. Record too large.",
            "on 10.0.0.2 for the operators that sort; raise taskmanager.memory.managed.size",
        ),
        ("java.lang.OutOfMemoryError: Direct buffer memory", "raise taskmanager.memory.task.off-heap.size"),
        (
            "java.lang.OutOfMemoryError: Cannot reserve 8388608 bytes of direct buffer memory (allocated: 1)",
            "raise taskmanager.memory.task.off-heap.size",
        ),
        ("java.lang.OutOfMemoryError: Metaspace. The metaspace", "raise taskmanager.memory.jvm-metaspace.size"),
        ("java.lang.OutOfMemoryError: Java heap space", "raise taskmanager.memory.process.size"),
        ("NoResourceAvailableException: Could not acquire the minimum required resources", "lower beam.flink.paral"),
        ("ModuleNotFoundError: No module named 'components'", "a worker on 10.0.0.2 lacks Vitrine"),
    ],
)
def test_a_lack_of_the_cluster_is_one_line_with_the_setting(text: str, setting: str) -> None:
    explained = explain([failure(LOST), failure(text)], "Pipeline failed", POOL)
    assert setting in explained
    assert "\n" not in explained
    assert explain_lasting([failure(text)], POOL) == explained


def test_a_lost_task_manager_may_be_survived() -> None:
    assert explain([failure(LOST)], "", POOL).startswith("a task manager was lost on 10.0.0.2, and the job could not")
    assert explain_lasting([failure(LOST)], POOL) == ""


def test_an_unknown_failure_is_its_root_cause() -> None:
    text = "java.lang.Exception: outer\n\tat a.B.c(B.java:1)\nCaused by: java.io.IOException: No space left on device"
    assert explain([failure(text)], "", POOL) == "java.io.IOException: No space left on device"
    assert explain([], "something\nelse", POOL) == "something"
