"""MLflow's client, and the folders of its local stores."""

import logging
import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mlflow.tracking import MlflowClient

_SQLITE: Final = "sqlite:///"

# MLflow reads these when it is imported. They disable telemetry and limit the wait for an unreachable server to
# seconds; by default MLflow retries for minutes.
_ENVIRONMENT: Final = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
}


def configure_mlflow() -> None:
    """Set the environment and the log levels of MLflow, which must not be imported yet."""
    for variable, value in _ENVIRONMENT.items():
        os.environ.setdefault(variable, value)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)


def open_client(uri: str) -> "MlflowClient":
    """Return an `MlflowClient` of the store at `uri`, and create the folder of a SQLite file. Imports MLflow."""
    from mlflow.tracking import MlflowClient

    if folder := local_folder(uri):
        folder.mkdir(parents=True, exist_ok=True)
    return MlflowClient(uri)


def local_uri(folder: Path) -> str:
    """Return the URI of the store that is a SQLite file in `folder`."""
    return f"{_SQLITE}{folder.absolute()}/mlflow.db"


def local_folder(uri: str) -> Path | None:
    """Return the folder of a store that is a SQLite file; None for any other."""
    return Path(uri.removeprefix(_SQLITE)).parent if uri.startswith(_SQLITE) else None
