"""Errors meant for the person at the keyboard: the command line prints their message and exits with their code."""


class VitrineError(Exception):
    """Something the user can mend. The message says what was wrong, where, and what to do."""

    exit_code = 2


class DataError(VitrineError):
    """Input data that breaks the contract, named by file, row, column and value."""


class ConfigError(VitrineError):
    """A configuration key or value that is unknown or not allowed."""


class NetworkError(VitrineError):
    """What should be downloaded, or the server that was asked, could not be reached."""


class ServeError(VitrineError):
    """A server cannot start: no serving directory, nothing to serve, or a port in use."""


class AnomalyError(VitrineError):
    """Data validation found anomalies, and the run stopped before anything expensive."""

    exit_code = 3


class RefusedError(VitrineError):
    """A model did not pass its thresholds, or a version its smoke test: nothing was pushed, and no label moved."""

    exit_code = 4


class PlatformError(VitrineError):
    """Kubeflow or Vertex refused what was asked of it, could not be reached, or the run failed there."""

    exit_code = 6
