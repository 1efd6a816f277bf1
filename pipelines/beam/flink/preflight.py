"""The checks of a Flink cluster before a run: job server, console, slots, and one probe job on every slot."""

import socket
import tempfile
from pathlib import Path
from typing import Final

from pipelines.beam.arguments import beam_arguments
from pipelines.beam.flink.console import Console
from pipelines.beam.settings import BeamSettings
from vitrine.errors import ConfigError, EngineError

CONNECT_SECONDS: Final = 5
PROBES: Final = 8
"""Elements of the probe for each slot: Flink deals them out by turns."""
STALL_MINUTES: Final = 2.0


def require_cluster(beam: BeamSettings) -> BeamSettings:
    """Check that the job server and Flink answer, and that there are slots; return the settings with the parallelism.

    Raises EngineError if not. Takes no time and loads nothing.
    """
    flink = beam.flink
    if flink.job_server:
        host, _, port = flink.job_server.rpartition(":")
        try:
            socket.create_connection((host, int(port)), CONNECT_SECONDS).close()
        except OSError as error:
            raise EngineError(
                f"beam.flink.job_server {flink.job_server}: cannot be reached: {error.strerror or error}; "
                "start Beam's job server of the cluster there"
            ) from None
    if not flink.rest:
        raise ConfigError("beam.flink.console: missing; set it to Flink's REST API, such as flink.example:8081")
    overview = Console(flink.rest).overview()
    parallelism = flink.parallelism or overview.slots
    if not overview.slots:
        raise EngineError(f"Flink at {flink.rest} has no task managers; start some, each with a worker pool beside it")
    if overview.free < parallelism:
        raise EngineError(
            f"beam.flink.parallelism: {parallelism} slots are asked for, and Flink at {flink.rest} has {overview.free} "
            f"free of {overview.slots}; lower it, wait for other jobs, or add task managers"
        )
    return beam.model_copy(update={"flink": flink.model_copy(update={"parallelism": parallelism})})


def probe_workers(beam: BeamSettings, readable: tuple[str, ...], writable: Path) -> None:
    """Run a small job on every slot, which checks the workers' versions and folders.

    Args:
        beam: the settings that `require_cluster` returned.
        readable: absolute paths of data.
        writable: the folder of the run; it exists.

    Raises:
        ConfigError: a worker has other versions, or does not see a folder.
        EngineError: no worker pool answers beside a task manager, or the job failed otherwise.
    """
    import apache_beam

    from pipelines.beam.flink.probe import ProbeWorker, versions

    hurried = beam.model_copy(update={"stall_minutes": min(beam.stall_minutes, STALL_MINUTES)})
    arguments = [*beam_arguments(hurried), "--job_name=Probe"]
    with (
        tempfile.TemporaryDirectory(prefix=".probe-", dir=writable) as marker,
        apache_beam.Pipeline(argv=arguments) as pipeline,
    ):
        _ = (
            pipeline
            | apache_beam.Create(range(PROBES * (beam.flink.parallelism or 1)))
            | apache_beam.Reshuffle()
            | apache_beam.ParDo(ProbeWorker(versions(), readable, marker))
        )
