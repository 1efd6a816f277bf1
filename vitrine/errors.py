"""Errors for users: the command line prints their message and exits with their code."""


class VitrineError(Exception):
    """An error that the user can correct. The message says what was wrong, where, and what to do."""

    exit_code = 2


class DataError(VitrineError):
    """Input data that breaks the contract, named by file, row, column and value."""


class ConfigError(VitrineError):
    """A settings key or value that is unknown or not allowed."""


class NetworkError(VitrineError):
    """A download or a server that could not be reached."""


class BusyError(NetworkError):
    """A response of a server that is busy or limits the rate; `after` is its `Retry-After`, in seconds."""

    def __init__(self, message: str, after: float | None) -> None:
        super().__init__(message)
        self.after = after


class ServeError(VitrineError):
    """A server that cannot start: no serving directory, nothing to serve, or a port in use."""


class AnomalyError(VitrineError):
    """Anomalies in the data; the run stopped before the expensive nodes."""

    exit_code = 3


class RefusedError(VitrineError):
    """A model below its thresholds, or a version that failed its smoke test: nothing was pushed, no label moved."""

    exit_code = 4


class PlatformError(VitrineError):
    """A request that Kubeflow or Vertex refused, a platform that could not be reached, or a run that failed there."""

    exit_code = 6


class EngineError(VitrineError):
    """A Beam engine that cannot be reached, lacks slots or memory, or whose job failed or made no progress."""

    exit_code = 6
