"""The runner of Kubeflow Pipelines: uploads a compiled pipeline, starts, follows and schedules it."""

import contextlib
import io
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import kfp
import kfp_server_api
import urllib3

from pipelines.platforms.job import Notify, SubmittedJob, follow
from pipelines.platforms.spec import CompiledPipeline
from pipelines.settings import RunSettings
from vitrine.errors import ConfigError, PlatformError

TOKEN: Final = "KF_PIPELINES_TOKEN"  # noqa: S105 - the variable that holds it
HOST: Final = "KF_PIPELINES_ENDPOINT"
FINISHED: Final = {"succeeded", "failed", "skipped", "canceled"}
POLL_SECONDS: Final = 5.0


def submit(
    compiled: CompiledPipeline, run_settings: RunSettings, cron: str, wait: bool, notify: Notify
) -> SubmittedJob:
    """Upload the pipeline, or a new version of it, and start a run of it.

    Args:
        compiled: what `compile_pipeline(run_settings, "kubeflow")` returned.
        run_settings: the same settings; the section `platform.kubeflow` names the server.
        cron: five fields, in the cluster's time; schedules a run at each of these times, and replaces the
            pipeline's earlier schedule. Empty for one run now.
        wait: whether to return only when the run has ended.
        notify: called with each new state of the run.

    Raises:
        ConfigError: no host is set.
        PlatformError: the server refuses, cannot be reached or lacks the namespace; or the run failed.
    """
    settings = run_settings.platform.kubeflow
    host = settings.host or os.environ.get(HOST, "")
    if not host:
        raise ConfigError(f"platform.kubeflow.host: missing; set it to the URL of Kubeflow Pipelines, or set {HOST}")
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    with _translate_errors(host):
        client = _client(host, settings.namespace)
        experiment = client.create_experiment(settings.experiment, namespace=settings.namespace or None)
        pipeline, version = _upload(client, compiled, f"{compiled.name}-{stamp}", settings.namespace)
        version_reference = {"experiment_id": experiment.experiment_id, "pipeline_id": pipeline, "version_id": version}
        execution = {"pipeline_root": run_settings.platform.root, "service_account": settings.service_account or None}
        if cron:
            return _schedule(client, host, compiled.name, cron, version_reference | execution)
        run = client.run_pipeline(job_name=f"{compiled.name} {stamp}", **version_reference, **execution)
        link = f"{host}/#/runs/details/{run.run_id}"
        notify(f"started {link}")
        ended = follow(lambda: client.get_run(run.run_id), _state, FINISHED, POLL_SECONDS, notify) if wait else run
    state = _state(ended)
    if wait and state != "succeeded":
        raise PlatformError(f"the run {state}; see {link}")
    return SubmittedJob(run.run_id, link, state)


def _client(host: str, namespace: str) -> kfp.Client:
    """Return the SDK's client of a healthy server; the SDK itself retries for half a minute, with tracebacks."""
    token = os.environ.get(TOKEN)
    configuration = kfp_server_api.Configuration(host=host)
    if token:
        configuration.api_key, configuration.api_key_prefix = {"authorization": token}, {"authorization": "Bearer"}
    kfp_server_api.HealthzServiceApi(kfp_server_api.ApiClient(configuration)).healthz_service_get_healthz()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # about servers before version 2
        return kfp.Client(host=host, namespace=namespace or "kubeflow", existing_token=token)


def _upload(client: kfp.Client, compiled: CompiledPipeline, version: str, namespace: str) -> tuple[str, str]:
    """Return the ids of the pipeline, which is created if no pipeline has that name, and of its new version."""
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder, "pipeline.yaml")
        compiled.write(package, "kubeflow")
        pipeline = client.get_pipeline_id(compiled.name)
        if pipeline is None:
            pipeline = client.upload_pipeline(
                str(package), pipeline_name=compiled.name, namespace=namespace or None
            ).pipeline_id
        return pipeline, client.upload_pipeline_version(str(package), version, pipeline_id=pipeline).pipeline_version_id


def _schedule(client: kfp.Client, host: str, name: str, cron: str, job: dict[str, str | None]) -> SubmittedJob:
    """Create the new schedule, then delete those that it replaces."""
    by_name = json.dumps({"predicates": [{"operation": "EQUALS", "key": "display_name", "stringValue": name}]})
    earlier_schedules = client.list_recurring_runs(page_size=100, experiment_id=job["experiment_id"], filter=by_name)
    # Kubeflow's cron has a field for seconds before the usual five.
    schedule = client.create_recurring_run(job_name=name, cron_expression=f"0 {cron}", no_catchup=True, **job)
    for earlier in earlier_schedules.recurring_runs or []:
        client.delete_recurring_run(earlier.recurring_run_id)
    link = f"{host}/#/recurringrun/details/{schedule.recurring_run_id}"
    return SubmittedJob(schedule.recurring_run_id, link, str(schedule.status or "enabled").lower(), scheduled=True)


def _state(run: kfp_server_api.V2beta1Run) -> str:
    return str(run.state or "pending").lower()


@contextlib.contextmanager
def _translate_errors(host: str) -> Iterator[None]:
    """Turn the SDK's exceptions into one line, and suppress its output and the warnings of urllib3's retries."""
    retries = logging.getLogger(urllib3.connectionpool.__name__)
    level = retries.level
    retries.setLevel(logging.ERROR)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except kfp_server_api.ApiException as error:
        raise PlatformError(f"{host}: {_reason(error)}") from None
    except urllib3.exceptions.HTTPError as error:
        reason = getattr(error, "reason", None) or error
        raise PlatformError(f"{host}: cannot be reached: {reason}; check platform.kubeflow.host") from None
    finally:
        retries.setLevel(level)


def _reason(error: kfp_server_api.ApiException) -> str:
    try:
        body = json.loads(error.body)
        message = body.get("error_message") or body.get("message") or body.get("error")
    except (TypeError, ValueError, AttributeError):
        message = None
    message = " ".join(str(message or error.reason).split())[:500]
    advice = {
        401: f"set {TOKEN} to a valid token",
        403: "the account may not do this; check platform.kubeflow.namespace and its role bindings",
        404: "not found there; check platform.kubeflow.host and namespace",
        429: "too many requests, or a quota is used up; try again later",
    }.get(error.status, "the server's logs say more")
    return f"{error.status}: {message}; {advice}"
