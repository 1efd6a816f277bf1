"""Optional packages: an extra of `vitrine-search` that is not installed is one line, not a traceback."""

import importlib.util

from vitrine.errors import VitrineError


class MissingExtraError(VitrineError):
    """A package of an extra that is not installed; the message names the extra."""


def require_extra(extra: str, purpose: str, *packages: str) -> None:
    """Raise MissingExtraError where a package is not installed; import none.

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
