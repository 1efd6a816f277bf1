"""Recording of a training in MLflow. A failing store causes one warning and never ends the training."""

import logging
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.tracking.mlflow_store import configure_mlflow, local_folder, local_uri, open_client
from vitrine.tracking.settings import TrackingSettings

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

logger = logging.getLogger(__name__)


class Recorder:
    """One MLflow run. Once the store has failed, nothing more is recorded."""

    def __init__(self, client: "MlflowClient | None" = None, run_id: str = "") -> None:
        self._client = client
        self.run_id = run_id

    def parameters(self, values: Mapping[str, object]) -> None:
        """Record parameters; values are converted to strings."""

        def send(client: "MlflowClient") -> None:
            from mlflow.entities import Param

            client.log_batch(self.run_id, params=[Param(name, str(value)) for name, value in values.items()])

        self._send(send)

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Record metrics at a step, such as an epoch; an @, which MLflow refuses, becomes `_at_`."""
        now = int(time.time() * 1000)

        def send(client: "MlflowClient") -> None:
            from mlflow.entities import Metric

            metrics = [Metric(name.replace("@", "_at_"), float(value), now, step) for name, value in values.items()]
            client.log_batch(self.run_id, metrics=metrics)

        self._send(send)

    def epoch(self, epoch: int, values: Mapping[str, float]) -> None:
        """Record the metrics of an epoch; a callback for Keras' `on_epoch_end`."""
        self.metrics({f"epoch_{name}": value for name, value in values.items()}, epoch)

    def files(self, path: Path, folder: str = "") -> None:
        """Copy a file or a directory tree into the run's artifacts."""
        if path.is_dir():
            self._send(lambda client: client.log_artifacts(self.run_id, str(path), folder or None))
        else:
            self._send(lambda client: client.log_artifact(self.run_id, str(path), folder or None))

    def register(self, folder: str, name: str, description: str) -> None:
        """Register a folder of the run's artifacts as a new version of the registered model `name`."""

        def send(client: "MlflowClient") -> None:
            from mlflow.exceptions import MlflowException
            from mlflow.protos.databricks_pb2 import RESOURCE_ALREADY_EXISTS, ErrorCode

            try:
                client.create_registered_model(name)
            except MlflowException as error:
                if error.error_code != ErrorCode.Name(RESOURCE_ALREADY_EXISTS):
                    raise
            source = f"{client.get_run(self.run_id).info.artifact_uri}/{folder}"
            client.create_model_version(name, source, self.run_id, description=description)

        self._send(send)

    def close(self, *, failed: bool = False) -> None:
        """End the run."""
        self._send(lambda client: client.set_terminated(self.run_id, "FAILED" if failed else "FINISHED"))
        self._client = None

    def _send(self, call: "Callable[[MlflowClient], object]") -> None:
        if self._client is None:
            return
        try:
            call(self._client)
        except Exception as error:
            _warn(error)
            self._client = None


def open_recorder(settings: TrackingSettings, name: str, tags: Mapping[str, str], directory: Path) -> Recorder:
    """Start an MLflow run.

    Args:
        settings: the store and the experiment, which is created if it does not exist.
        name: the run's name.
        tags: the run's tags, such as lineage ids.
        directory: the directory of the default store.

    Returns:
        A recorder, which records nothing where tracking is off or the store cannot be reached.
    """
    if not settings.enabled:
        return Recorder()
    configure_mlflow()
    try:
        uri = settings.tracking_uri or local_uri(directory)
        client = open_client(uri)
        run = client.create_run(_experiment(client, settings, uri), run_name=name, tags=dict(tags))
    except Exception as error:
        _warn(error)
        return Recorder()
    return Recorder(client, run.info.run_id)


def _experiment(client: "MlflowClient", settings: TrackingSettings, uri: str) -> str:
    experiment = client.get_experiment_by_name(settings.experiment)
    if experiment:
        return str(experiment.experiment_id)
    artifacts = settings.artifacts
    if not artifacts and (folder := local_folder(uri)):
        artifacts = (folder / "mlartifacts").absolute().as_uri()
    return str(client.create_experiment(settings.experiment, artifact_location=artifacts or None))


def _warn(error: Exception) -> None:
    logger.warning("MLflow does not record this training, which goes on: %s", str(error).split("\n", 1)[0])
