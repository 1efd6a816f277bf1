"""The thin runner of Vertex AI Pipelines: starts a compiled pipeline, follows it, repeats it."""

import contextlib
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Any, Final

import google.auth.exceptions
from google.api_core import exceptions
from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1 import types

from pipelines.platform_settings import VertexSettings
from pipelines.platforms.job import SubmittedJob, Told, follow
from pipelines.platforms.spec import CompiledPipeline
from pipelines.settings import RunSettings
from vitrine.errors import ConfigError, PlatformError

FINISHED: Final = {"succeeded", "failed", "cancelled", "paused"}
POLL_SECONDS: Final = 10.0


def submit(compiled: CompiledPipeline, config: RunSettings, cron: str, wait: bool, tell: Told) -> SubmittedJob:
    """Start a run of the pipeline.

    Args:
        compiled: what `compile_pipeline(config, "vertex")` returned.
        config: the same configuration; its section `platform.vertex` says where.
        cron: five fields, in UTC unless it starts with `TZ=…`; instead of one run, one at each of these times, in place
            of the schedule that the pipeline had before. Empty for one run now.
        wait: whether to return when the run has ended, and not when it has started.
        tell: is told each change of a run's state.

    Raises:
        ConfigError: no project is known.
        PlatformError: there are no credentials, Vertex refuses or cannot be reached; or the run failed.
    """
    settings = config.platform.vertex
    if not settings.project:
        raise ConfigError("platform.vertex.project: missing; give the project's id: --set platform.vertex.project=…")
    parent = f"projects/{settings.project}/locations/{settings.region}"
    job = _job(compiled, settings)
    with _plain_errors(settings):
        if cron:
            request = types.CreatePipelineJobRequest(parent=parent, pipeline_job=job)
            return _schedule(parent, config.name, cron, request, settings)
        # The SDK's own PipelineJob would make a missing bucket by itself, and warn of one that another project owns.
        client = aiplatform_v1.PipelineServiceClient(**_address(settings))
        made = client.create_pipeline_job(parent=parent, pipeline_job=job)
        link = _console(settings, f"pipelines/runs/{_id(made.name)}")
        tell(f"started {link}")
        look = partial(client.get_pipeline_job, name=made.name)
        ended = follow(look, _state, FINISHED, POLL_SECONDS, tell) if wait else made
    state = _state(ended)
    if wait and state != "succeeded":
        raise PlatformError(f"the run {state}{f': {ended.error.message}' if ended.error.message else ''}; see {link}")
    return SubmittedJob(made.name, link, state)


def _address(settings: VertexSettings) -> dict[str, Any]:
    endpoint = settings.api_endpoint or f"{settings.region}-aiplatform.googleapis.com"
    # REST takes the proxies and certificates that everything else in a company's network does; gRPC has its own.
    return {"client_options": {"api_endpoint": endpoint}, "transport": "rest"}


def _console(settings: VertexSettings, page: str) -> str:
    return f"https://console.cloud.google.com/vertex-ai/locations/{settings.region}/{page}?project={settings.project}"


def _id(name: str) -> str:
    """The last part of a resource's name, which Vertex chose."""
    return name.rpartition("/")[2]


def _job(compiled: CompiledPipeline, settings: VertexSettings) -> types.PipelineJob:
    fields = {
        "displayName": compiled.job["displayName"],
        "labels": compiled.job["labels"],
        "pipelineSpec": compiled.spec,
        "runtimeConfig": compiled.job["runtimeConfig"],
        "serviceAccount": settings.service_account,
        "network": settings.network,
    }
    if settings.encryption_key:
        fields["encryptionSpec"] = {"kmsKeyName": settings.encryption_key}
    job: types.PipelineJob = types.PipelineJob.from_json(json.dumps(fields))
    return job


def _schedule(
    parent: str, name: str, cron: str, request: types.CreatePipelineJobRequest, settings: VertexSettings
) -> SubmittedJob:
    """Create the new schedule, then delete those that it stands for."""
    client = aiplatform_v1.ScheduleServiceClient(**_address(settings))
    named = types.ListSchedulesRequest(parent=parent, filter=f'display_name="{name}"')
    known = [schedule.name for schedule in client.list_schedules(named)]
    schedule = types.Schedule(
        display_name=name, cron=cron, max_concurrent_run_count=1, create_pipeline_job_request=request
    )
    made = client.create_schedule(parent=parent, schedule=schedule)
    for earlier in known:
        deletion: Any = client.delete_schedule(name=earlier)
        deletion.result()
    link = _console(settings, f"schedules/{_id(made.name)}")
    return SubmittedJob(made.name, link, made.state.name.lower(), scheduled=True)


def _state(job: types.PipelineJob) -> str:
    return str(job.state.name).removeprefix("PIPELINE_STATE_").lower()


@contextlib.contextmanager
def _plain_errors(settings: VertexSettings) -> Iterator[None]:
    """Turn what the SDK raises into one line."""
    where = f"{settings.project} in {settings.region}"
    try:
        yield
    except google.auth.exceptions.DefaultCredentialsError:
        raise PlatformError(
            "no credentials of Google Cloud: run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to a key file"
        ) from None
    except google.auth.exceptions.GoogleAuthError as error:
        raise PlatformError(f"the credentials of Google Cloud were refused: {_line(error)}; log in again") from None
    except exceptions.GoogleAPICallError as error:
        advice = {
            403: "the account needs the role Vertex AI User, and the API must be enabled",
            404: "check platform.vertex.project and region",
            429: "a quota is used up; ask for more, or try again later",
        }.get(error.code or 0, "try again later")
        said = re.sub(r"^[A-Z]+ https://\S+: ", "", str(error.message))
        raise PlatformError(f"Vertex, {where}: {error.code}: {_line(said)}; {advice}") from None
    except (exceptions.RetryError, OSError) as error:
        raise PlatformError(f"Vertex, {where}: cannot be reached: {_line(error)}") from None


def _line(error: object) -> str:
    return " ".join(str(error).split())[:500]
