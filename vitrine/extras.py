"""Optional packages of extras: a missing one is reported in one line, without a traceback."""

import importlib.util

from vitrine.errors import VitrineError


class MissingExtraError(VitrineError):
    """A missing package of an extra; the message names the extra."""


def require_extra(extra: str, purpose: str, *packages: str) -> None:
    """Raise MissingExtraError if a package is not installed, without importing any.

    Args:
        extra: The extra of `setup.py` that brings the packages.
        purpose: The subject of the message, such as "compiling for Kubeflow".
        *packages: The names that are imported.
    """
    missing = [package for package in packages if importlib.util.find_spec(package) is None]
    if missing:
        raise MissingExtraError(
            f"{purpose} needs {', '.join(missing)}, which is not installed: pip install 'vitrine-search[{extra}]'"
        )
