"""One YAML file, then the environment, then `--set`: later ones win."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from vitrine.errors import ConfigError

ENVIRONMENT_PREFIX = "VITRINE__"


def read_settings(path: Path, assignments: Iterable[str] = (), environment: Mapping[str, str] = os.environ) -> Any:
    """Read a YAML file and override single keys of it.

    `VITRINE__TRAINER__EPOCHS=5` in the environment and the assignment `trainer.epochs=5` mean the same; the assignment
    wins. Values are read as YAML, so that `5` is a number and `[a, b]` a list.

    Raises ConfigError where the file or an assignment cannot be read.
    """
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; configurations that come with Vitrine are in configs/") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: not YAML: {_one_line(error)}") from None
    if not isinstance(settings, dict):
        raise ConfigError(f"{path}: expected sections such as `data:` and `encoder:`, found {settings!r}")
    for name, text in sorted(environment.items()):
        if name.startswith(ENVIRONMENT_PREFIX):
            _assign(settings, name.removeprefix(ENVIRONMENT_PREFIX).lower().split("__"), text, name)
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set {assignment}: expected key=value, such as trainer.epochs=5")
        _assign(settings, key.strip().split("."), text, f"--set {assignment}")
    return settings


def _assign(settings: dict[str, Any], keys: list[str], text: str, source: str) -> None:
    try:
        value = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(f"{source}: the value is not YAML: {_one_line(error)}") from None
    for key in keys[:-1]:
        below = settings.setdefault(key, {})
        if below is None:
            below = settings[key] = {}
        if not isinstance(below, dict):
            raise ConfigError(f"{source}: {key} is the value {below!r}, not a section")
        settings = below
    settings[keys[-1]] = value


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
