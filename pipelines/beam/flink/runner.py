"""The Beam runner of Flink that supervises its jobs; `--runner` names it by its path."""

import contextlib
import re
import subprocess
import sys
import uuid
from argparse import ArgumentParser
from collections.abc import Iterator

import grpc  # type: ignore[import-untyped]
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import (
    FlinkRunnerOptions,
    GoogleCloudOptions,
    PipelineOptions,
    PortableOptions,
)
from apache_beam.portability.api import beam_runner_api_pb2
from apache_beam.runners.portability.flink_runner import FlinkRunner
from apache_beam.runners.portability.portable_runner import PipelineResult

from pipelines.beam.flink.console import Console
from pipelines.beam.flink.failures import explain
from pipelines.beam.flink.supervision import JobSupervisor, SupervisedJob
from pipelines.run_directory import plain_error
from vitrine import progress
from vitrine.errors import EngineError, VitrineError


class SupervisionOptions(PipelineOptions):
    """Options of the supervision."""

    @classmethod
    def _add_argparse_args(cls, parser: ArgumentParser) -> None:
        parser.add_argument("--flink_console", help="Address of Flink's REST API.")
        parser.add_argument("--flink_stall_minutes", type=float, default=30.0, help="Limit of time without progress.")
        parser.add_argument("--flink_activity", help="Folder of files that workers write while they encode.")


class SupervisedFlinkRunner(FlinkRunner):
    """Flink's runner. Each job is supervised until it has ended; its errors are VitrineErrors."""

    def run_portable_pipeline(self, pipeline: beam_runner_api_pb2.Pipeline, options: PipelineOptions) -> PipelineResult:
        """Submit the job. Raises EngineError if the job server or Flink cannot be reached."""
        own, portable = options.view_as(SupervisionOptions), options.view_as(PortableOptions)
        named = options.view_as(GoogleCloudOptions)
        named.job_name = f"{named.job_name or 'vitrine'}-{uuid.uuid4().hex[:6]}"
        console = Console(own.flink_console)
        flink = options.view_as(FlinkRunnerOptions)
        if flink.parallelism < 1:  # Flink's own default is one slot
            overview = console.overview()
            flink.parallelism = overview.free or overview.slots or 1
        try:
            result = super().run_portable_pipeline(pipeline, options)
        except (grpc.RpcError, grpc.FutureTimeoutError) as error:
            raise _unreachable(portable.job_endpoint, error) from None
        return SupervisedResult(result, options)


class SupervisedResult(PipelineResult):
    """The result of a job on Flink."""

    def __init__(self, result: PipelineResult, options: PipelineOptions) -> None:
        super().__init__(
            result._job_service,
            result._job_id,
            result._message_stream,
            result._state_stream,
            result._cleanup_callbacks,
        )
        own, portable = options.view_as(SupervisionOptions), options.view_as(PortableOptions)
        self._endpoint = portable.job_endpoint
        self._pool = portable.environment_config if portable.environment_type == "EXTERNAL" else ""
        self._supervised = SupervisedJob(
            console=Console(own.flink_console),
            name=options.view_as(GoogleCloudOptions).job_name,
            pool=self._pool,
            stall_seconds=60 * own.flink_stall_minutes,
            activity=lambda: _written(own.flink_activity),
            cancel=self._cancel_quietly,
        )

    def wait_until_finish(self, duration: float | None = None) -> str:
        """Wait for the end of the job.

        Raises:
            VitrineError: an error of ours in a worker.
            EngineError: the job failed, made no progress, or the job server ended.
        """
        supervisor = JobSupervisor(self._supervised)
        try:
            with _guarded(supervisor, self._supervised.console.address):
                supervisor.start()
                state: str = super().wait_until_finish(duration)
        except KeyboardInterrupt:
            progress.note(f"cancelling {self._supervised.name}")
            supervisor.cancel()
            raise
        except (RuntimeError, grpc.RpcError) as error:
            raise self._explain(supervisor, error) from None
        if supervisor.job:
            job = supervisor.job
            progress.note(
                f"{self._supervised.name}: {len(job.vertices)} vertices, {job.duration / 1000:.0f} s, "
                f"{job.records:,} records and {job.bytes / 2**20:,.1f} MiB passed between them"
            )
        return state

    def _explain(self, supervisor: JobSupervisor, error: Exception) -> VitrineError:
        if supervisor.failure:
            return supervisor.failure
        if isinstance(error, grpc.RpcError):
            return _unreachable(self._endpoint, error)
        failures = supervisor.failures()
        found = plain_error(error) or plain_error(RuntimeError("\n".join(failure.stacktrace for failure in failures)))
        if found:
            return found
        reason = explain(failures, str(error), self._pool)
        return EngineError(f"{self._supervised.name} failed on Flink: {reason}")

    def _cancel_quietly(self) -> None:
        with contextlib.suppress(grpc.RpcError):
            self.cancel()


@contextlib.contextmanager
def _guarded(supervisor: JobSupervisor, console: str) -> Iterator[None]:
    """Cancel the job if this process is killed during the block."""
    guards: list[subprocess.Popen[bytes]] = []

    def start(job: str) -> None:
        command = [sys.executable, "-m", "pipelines.beam.flink.guard", console, job]
        guards.append(
            subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own program
        )

    supervisor.on_found = start
    try:
        yield
    finally:
        supervisor.stop()
        for guard in guards:
            guard.communicate(b"ended\n")


def _written(folder: str | None) -> int:
    """Return the number of bytes in the files below a folder."""
    if not folder:
        return 0
    with contextlib.suppress(Exception):  # a folder that is being removed; Beam's file systems raise various errors
        (found,) = FileSystems.match([f"{folder}/**"])
        return sum(metadata.size_in_bytes for metadata in found.metadata_list)
    return 0


def _unreachable(endpoint: str, error: Exception) -> EngineError:
    details = error.details() if isinstance(error, grpc.Call) else "no connection"
    first = re.split(r"[\n;]", str(details))[0]
    return EngineError(
        f"beam.flink.job_server {endpoint}: the job server does not answer ({first}); check that it runs, and that "
        "both its ports, for jobs and for artifacts, can be reached from here"
    )
