"""Explanation of failed Flink jobs: one line with the setting to change, from Java's stack traces."""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from pipelines.beam.flink.console import Failure


class Cause(NamedTuple):
    """A text of Flink or Beam, its explanation, and whether it would occur again if the job were restarted."""

    pattern: re.Pattern[str]
    explanation: str
    lasting: bool


def _cause(pattern: str, explanation: str, lasting: bool = True) -> Cause:
    return Cause(re.compile(pattern), explanation, lasting)


CAUSES: Final = (
    _cause(
        r"(?s)(?=.*ExternalEnvironmentFactory)(?=.*(UNAVAILABLE|UNIMPLEMENTED|DEADLINE_EXCEEDED))",
        "no worker pool answers at beam.flink.worker_pool {pool}{where}; start one beside each task manager",
    ),
    _cause(
        r"Cannot run program \"?docker",
        "task managers cannot start containers of beam.flink.image{where}: there is no docker; set "
        "beam.flink.worker_pool=localhost:50000 instead, with a pool beside each task manager",
    ),
    _cause(
        r"Insufficient number of network buffers",
        "too little network memory{where}; raise taskmanager.memory.network.max in Flink's configuration, or lower "
        "beam.flink.parallelism",
    ),
    _cause(
        r"Cannot write record to fresh sort buffer|Record too large|too few memory segments|Memory ran out\. ",
        "too little managed memory{where} for the operators that sort; "
        "raise taskmanager.memory.managed.size in Flink's configuration, or lower the slots of a task manager",
    ),
    _cause(
        r"OutOfMemoryError: (Cannot reserve \d+ bytes of d|D)irect buffer memory|OutOfDirectMemoryError",
        "too little direct memory{where}; raise taskmanager.memory.task.off-heap.size in Flink's configuration",
    ),
    _cause(
        r"OutOfMemoryError: Metaspace",
        "too little memory for classes{where}; raise taskmanager.memory.jvm-metaspace.size in Flink's configuration",
    ),
    _cause(
        r"OutOfMemoryError: (Java heap space|GC overhead)",
        "too little heap{where}; raise taskmanager.memory.process.size in Flink's configuration",
    ),
    _cause(
        r"NoResourceAvailableException",
        "Flink has too few free slots; lower beam.flink.parallelism, wait for other jobs, or add task managers",
    ),
    _cause(
        r"ModuleNotFoundError: No module named '(vitrine|components|modules|pipelines|tfx)",
        "a worker{where} lacks Vitrine; start pools in an environment with the same version, or use the worker image",
    ),
    _cause(
        r"heartbeat of TaskManager|TaskManager with id .* (is no longer reachable|timed out)|"
        r"Connection unexpectedly closed by remote task manager|The assigned slot .* was removed|"
        r"lost task manager|RemoteTransportException|TaskExecutor .* (was|has been) (terminated|lost)",
        "a task manager was lost{where}, and the job could not go on without it; its log says why. Add slots or task "
        "managers beyond beam.flink.parallelism, and a restart-strategy",
        lasting=False,
    ),
    _cause(
        r"(SdkHarnessClient|DataChannel|GrpcFnServer|BeamFn)[\s\S]*(CANCELLED|closed|hangup|UNAVAILABLE)|"
        r"SDK [Hh]arness .*(exited|disconnected)",
        "a worker process{where} ended while it worked, probably for lack of memory; give its host more, or lower "
        "embedding.batch or the slots of a task manager",
        lasting=False,
    ),
)
"""The known causes, the most telling first: a lost worker is often the consequence of another one."""
MAX_LENGTH: Final = 500
"""Length of an unknown cause, in characters."""
CAUSED_BY: Final = re.compile(r"^(?:Caused by: )?([\w.$]+(?:Exception|Error): .+)$", re.MULTILINE)


def explain(failures: Sequence[Failure], message: str, pool: str) -> str:
    """Return what made a job fail, in one line.

    Args:
        failures: the exceptions of the job.
        message: what the job server said.
        pool: the address of the worker pools.
    """
    texts = [*failures, Failure(stacktrace=message)]
    known = _known(texts, CAUSES, pool)
    if known:
        return known
    root = [found for failure in texts for found in CAUSED_BY.findall(failure.stacktrace)]
    return (root[-1] if root else message.strip().partition("\n")[0])[:MAX_LENGTH]


def explain_lasting(failures: Sequence[Failure], pool: str) -> str:
    """Return what made tasks of a running job fail if each restart would end as well; otherwise nothing."""
    return _known(failures, [cause for cause in CAUSES if cause.lasting], pool)


def _known(failures: Sequence[Failure], causes: Sequence[Cause], pool: str) -> str:
    for cause in causes:
        if found := [failure for failure in failures if cause.pattern.search(failure.stacktrace)]:
            hosts = [failure.location.rpartition(":")[0] for failure in found if failure.location]
            return cause.explanation.format(pool=pool, where=f" on {hosts[0]}" if hosts else "")
    return ""
