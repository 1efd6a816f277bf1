"""Records one training in MLflow. A store that fails costs one warning, never the training."""

import logging
import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from vitrine.tracking.settings import TrackingSettings

logger = logging.getLogger(__name__)

SQLITE: Final = "sqlite:///"

# MLflow reads these when it is imported: no telemetry, and an unreachable server is given up on within seconds, where
# the default is to retry for minutes.
ENVIRONMENT: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


class Recorder:
    """One MLflow run, or nothing at all once the store has failed."""

    def __init__(self, client: Any = None, run_id: str = "") -> None:
        self._client = client
        self.run_id = run_id

    def parameters(self, values: Mapping[str, Any]) -> None:
        """Records parameters; values become strings."""

        def send(client: Any) -> None:
            from mlflow.entities import Param

            client.log_batch(self.run_id, params=[Param(name, str(value)) for name, value in values.items()])

        self._send(send)

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Records metrics at a step, such as an epoch."""
        now = int(time.time() * 1000)

        def send(client: Any) -> None:
            from mlflow.entities import Metric

            client.log_batch(self.run_id, metrics=[Metric(k, float(v), now, step) for k, v in values.items()])

        self._send(send)

    def epoch(self, epoch: int, values: Mapping[str, float]) -> None:
        """Records an epoch's metrics: what Keras calls at its end."""
        self.metrics({f"epoch_{name}": value for name, value in values.items()}, epoch)

    def files(self, path: Path, folder: str = "") -> None:
        """Copies a file, or a directory with all that is below it, into the run's artifacts."""
        if path.is_dir():
            self._send(lambda client: client.log_artifacts(self.run_id, str(path), folder or None))
        else:
            self._send(lambda client: client.log_artifact(self.run_id, str(path), folder or None))

    def close(self, *, failed: bool = False) -> None:
        """Ends the run."""
        self._send(lambda client: client.set_terminated(self.run_id, "FAILED" if failed else "FINISHED"))
        self._client = None

    def _send(self, call: Callable[[Any], object]) -> None:
        if self._client is None:
            return
        try:
            call(self._client)
        except Exception as error:
            _warn(error)
            self._client = None


def open_recorder(config: TrackingSettings, name: str, tags: Mapping[str, str], directory: Path) -> Recorder:
    """Begins a run.

    Args:
        config: the store and the experiment, which is made if there is none.
        name: of the run.
        tags: of the run, such as lineage ids.
        directory: where the default store lies.

    Returns:
        A recorder, which records nothing where tracking is off or the store cannot be reached.
    """
    if not config.enabled:
        return Recorder()
    for variable, value in ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    try:
        logging.getLogger("mlflow").setLevel(logging.WARNING)
        logging.getLogger("alembic").setLevel(logging.WARNING)
        from mlflow.tracking import MlflowClient

        uri = config.tracking_uri or f"{SQLITE}{directory.absolute()}/mlflow.db"
        if uri.startswith(SQLITE):
            Path(uri.removeprefix(SQLITE)).parent.mkdir(parents=True, exist_ok=True)
        client = MlflowClient(uri)
        run = client.create_run(_experiment(client, config, uri), run_name=name, tags=dict(tags))
    except Exception as error:
        _warn(error)
        return Recorder()
    return Recorder(client, run.info.run_id)


def _experiment(client: Any, config: TrackingSettings, uri: str) -> str:
    found = client.get_experiment_by_name(config.experiment)
    if found:
        return str(found.experiment_id)
    artifacts = config.artifacts
    if not artifacts and uri.startswith(SQLITE):
        artifacts = (Path(uri.removeprefix(SQLITE)).parent / "mlartifacts").absolute().as_uri()
    return str(client.create_experiment(config.experiment, artifact_location=artifacts or None))


def _warn(error: Exception) -> None:
    logger.warning("MLflow does not record this training, which goes on: %s", str(error).split("\n", 1)[0])
