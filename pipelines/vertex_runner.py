"""The thin runner of Vertex AI Pipelines: starts a compiled pipeline, follows it, repeats it."""

import contextlib
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import google.auth.exceptions
from google.api_core import exceptions
from google.cloud import aiplatform

from pipelines.compiled import Compiled
from pipelines.config import Config
from pipelines.platform import VertexConfig
from pipelines.submitted import Submitted, Told
from vitrine.errors import ConfigError, PlatformError

FINISHED: Final = {"succeeded", "failed", "cancelled", "paused"}
POLL_SECONDS: Final = 10.0


def submit(compiled: Compiled, config: Config, cron: str, wait: bool, tell: Told) -> Submitted:
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
    with _plain_errors(settings):
        _connect(settings)
        job = _job(compiled, config)
        account, network = settings.service_account or None, settings.network or None
        if cron:
            return _schedule(job, config.name, cron, account, network)
        job.submit(service_account=account, network=network)
        link = job._dashboard_uri()
        tell(f"started {link}")
        state = _follow(job, tell) if wait else _state(job)
        error = job.gca_resource.error.message if state == "failed" else ""
    if wait and state != "succeeded":
        raise PlatformError(f"the run {state}{f': {error}' if error else ''}; see {link}")
    return Submitted(job.resource_name, link, state)


def _connect(settings: VertexConfig) -> None:
    aiplatform.init(
        project=settings.project,
        location=settings.region,
        encryption_spec_key_name=settings.encryption_key or None,
        api_endpoint=settings.api_endpoint or None,
        api_transport="rest",  # the same proxies and certificates as everything else of a company's network
    )


def _job(compiled: Compiled, config: Config) -> aiplatform.PipelineJob:
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder, "pipeline.json")
        compiled.write(template, "vertex")
        return aiplatform.PipelineJob(
            display_name=config.name,
            template_path=str(template),
            pipeline_root=config.platform.root,
            labels=compiled.job["labels"],
        )


def _schedule(job: aiplatform.PipelineJob, name: str, cron: str, account: str | None, network: str | None) -> Submitted:
    """Create the new schedule, then delete those that it stands for."""
    known = aiplatform.PipelineJobSchedule.list(filter=f'display_name="{name}"')
    schedule = aiplatform.PipelineJobSchedule(pipeline_job=job, display_name=name)
    schedule.create(cron=cron, service_account=account, network=network)
    for earlier in known:
        earlier.delete()
    link = schedule._dashboard_uri()
    return Submitted(schedule.resource_name, link, "active", scheduled=True)


def _follow(job: aiplatform.PipelineJob, tell: Told) -> str:
    state = ""
    while state not in FINISHED:
        if state:
            time.sleep(POLL_SECONDS)
        now = _state(job)
        if now != state:
            tell(now)
        state = now
    return state


def _state(job: aiplatform.PipelineJob) -> str:
    return job.state.name.removeprefix("PIPELINE_STATE_").lower() if job.state else "queued"


@contextlib.contextmanager
def _plain_errors(settings: VertexConfig) -> Iterator[None]:
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
            401: "log in again",
            403: "the account needs the role Vertex AI User, and the API must be enabled",
            404: "check platform.vertex.project and region",
            429: "a quota is used up; ask for more, or try again later",
        }.get(error.code or 0, "try again later")
        raise PlatformError(f"Vertex, {where}: {error.code}: {_line(error.message)}; {advice}") from None
    except (exceptions.RetryError, OSError) as error:
        raise PlatformError(f"Vertex, {where}: cannot be reached: {_line(error)}") from None


def _line(error: object) -> str:
    return " ".join(str(error).split())[:500]
