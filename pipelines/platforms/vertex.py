"""The runner of Vertex AI Pipelines: starts, follows and schedules a compiled pipeline."""

import contextlib
import json
import re
from collections.abc import Iterator
from functools import partial
from typing import Final, TypedDict

import google.auth.exceptions
from google.api_core import exceptions
from google.cloud import aiplatform_v1
from google.cloud.aiplatform_v1 import types

from pipelines.platform_settings import VertexSettings
from pipelines.platforms.job import Notify, SubmittedJob, follow
from pipelines.platforms.spec import CompiledPipeline
from pipelines.settings import RunSettings
from vitrine.errors import ConfigError, PlatformError

FINISHED: Final = {"succeeded", "failed", "cancelled", "paused"}
POLL_SECONDS: Final = 10.0


def submit(
    compiled: CompiledPipeline, run_settings: RunSettings, cron: str, wait: bool, notify: Notify
) -> SubmittedJob:
    """Start a run of the pipeline.

    Args:
        compiled: what `compile_pipeline(run_settings, "vertex")` returned.
        run_settings: the same settings; the section `platform.vertex` names the project.
        cron: five fields, in UTC unless it starts with `TZ=…`; schedules a run at each of these times, and
            replaces the pipeline's earlier schedule. Empty for one run now.
        wait: whether to return only when the run has ended.
        notify: called with each new state of the run.

    Raises:
        ConfigError: no project is set.
        PlatformError: there are no credentials, Vertex refuses or cannot be reached; or the run failed.
    """
    settings = run_settings.platform.vertex
    if not settings.project:
        raise ConfigError("platform.vertex.project: missing; set the project's id: --set platform.vertex.project=…")
    parent = f"projects/{settings.project}/locations/{settings.region}"
    job = _job(compiled, settings)
    with _translate_errors(settings):
        if cron:
            request = types.CreatePipelineJobRequest(parent=parent, pipeline_job=job)
            return _schedule(parent, run_settings.name, cron, request, settings)
        # The SDK's own PipelineJob would create a missing bucket, and warn about one of another project.
        client = aiplatform_v1.PipelineServiceClient(**_address(settings))
        started = client.create_pipeline_job(parent=parent, pipeline_job=job)
        link = _console(settings, f"pipelines/runs/{_id(started.name)}")
        notify(f"started {link}")
        get_run = partial(client.get_pipeline_job, name=started.name)
        ended = follow(get_run, _state, FINISHED, POLL_SECONDS, notify) if wait else started
    state = _state(ended)
    if wait and state != "succeeded":
        raise PlatformError(f"the run {state}{f': {ended.error.message}' if ended.error.message else ''}; see {link}")
    return SubmittedJob(started.name, link, state)


class _Address(TypedDict):
    client_options: dict[str, str]
    transport: str


def _address(settings: VertexSettings) -> _Address:
    endpoint = settings.api_endpoint or f"{settings.region}-aiplatform.googleapis.com"
    # REST uses the proxies and certificates of the environment, as other clients do; gRPC has its own.
    return {"client_options": {"api_endpoint": endpoint}, "transport": "rest"}


def _console(settings: VertexSettings, page: str) -> str:
    return f"https://console.cloud.google.com/vertex-ai/locations/{settings.region}/{page}?project={settings.project}"


def _id(name: str) -> str:
    """Return the last part of a resource's name, its id."""
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
    """Create the new schedule, then delete those that it replaces."""
    client = aiplatform_v1.ScheduleServiceClient(**_address(settings))
    request_by_name = types.ListSchedulesRequest(parent=parent, filter=f'display_name="{name}"')
    earlier_schedules = [schedule.name for schedule in client.list_schedules(request_by_name)]
    definition = types.Schedule(
        display_name=name, cron=cron, max_concurrent_run_count=1, create_pipeline_job_request=request
    )
    created = client.create_schedule(parent=parent, schedule=definition)
    for earlier in earlier_schedules:
        client.delete_schedule(name=earlier).result()
    link = _console(settings, f"schedules/{_id(created.name)}")
    return SubmittedJob(created.name, link, created.state.name.lower(), scheduled=True)


def _state(job: types.PipelineJob) -> str:
    return str(job.state.name).removeprefix("PIPELINE_STATE_").lower()


@contextlib.contextmanager
def _translate_errors(settings: VertexSettings) -> Iterator[None]:
    """Turn the SDK's exceptions into one line."""
    location = f"{settings.project} in {settings.region}"
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
        message = re.sub(r"^[A-Z]+ https://\S+: ", "", str(error.message))
        raise PlatformError(f"Vertex, {location}: {error.code}: {_line(message)}; {advice}") from None
    except (exceptions.RetryError, OSError) as error:
        raise PlatformError(f"Vertex, {location}: cannot be reached: {_line(error)}") from None


def _line(error: object) -> str:
    return " ".join(str(error).split())[:500]
