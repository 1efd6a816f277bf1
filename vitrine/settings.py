"""Settings from a YAML file, the environment and `--set`, in rising precedence; and messages about invalid ones."""

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar, get_args

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from vitrine.errors import ConfigError

ENVIRONMENT_PREFIX = "VITRINE__"
MAX_VALUES = 100_000
"""Values in a settings file: some lines of anchors can stand for billions of them."""

Settings = TypeVar("Settings", bound=BaseModel)


class Section(BaseModel):
    """A section of a settings file; unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def read_settings(
    path: Path,
    assignments: Iterable[str] = (),
    environment: Mapping[str, str] = os.environ,
    prefix: str = ENVIRONMENT_PREFIX,
) -> dict[str, object]:
    """Read a YAML file and override single keys in it.

    `VITRINE__TRAINER__EPOCHS=5` in the environment and the assignment `trainer.epochs=5` mean the same; the assignment
    wins. Values are read as YAML, so that `5` is a number and `[a, b]` a list.

    Raises ConfigError if the file or an assignment cannot be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}; configurations that come with Vitrine are in configs/") from None
    return override(parse_settings(content, path), assignments, environment, prefix)


def parse_settings(content: bytes, source: Path) -> dict[str, object]:
    """Return the keys and values of a YAML file with this content.

    Raises ConfigError if it is not YAML, or has no keys.
    """
    try:
        settings = _parse(content.decode())
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source}: not YAML: {_one_line(error)}") from None
    if not isinstance(settings, dict):
        raise ConfigError(f"{source}: expected sections such as `data:` and `encoder:`, found {settings!r}")
    return settings


def read_optional_settings(
    model: type[Settings], path: Path | None, assignments: Iterable[str], prefix: str
) -> Settings:
    """Return validated settings from a file, if there is one, with the overrides of the environment and assignments.

    Raises ConfigError as `read_settings` and `validate`.
    """
    if path is None:
        return validate(model, override({}, assignments, os.environ, prefix), "settings")
    return validate(model, read_settings(path, assignments, prefix=prefix), path)


def override(
    settings: dict[str, object], assignments: Iterable[str], environment: Mapping[str, str], prefix: str
) -> dict[str, object]:
    """Override single keys of `settings`, in place.

    Raises ConfigError if an assignment cannot be read.
    """
    for name, text in sorted(environment.items()):
        if name.startswith(prefix):
            _assign(settings, name.removeprefix(prefix).lower().split("__"), text, name)
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"--set {assignment}: expected key=value, such as trainer.epochs=5")
        _assign(settings, key.strip().split("."), text, f"--set {assignment}")
    return settings


def validate(model: type[Settings], settings: object, source: Path | str) -> Settings:
    """Return `settings` as a validated `model`.

    Raises ConfigError with one line naming the source, the key, the value and what is allowed.
    """
    try:
        return model.model_validate(settings)
    except ValidationError as error:
        raise ConfigError(f"{source}: {describe(error, model)}") from None


def describe(error: ValidationError, root: type[BaseModel]) -> str:
    """Describe the first error in the settings of `root`, and count the others."""
    problems = error.errors(include_url=False)
    first = problems[0]
    key = ".".join(_walk(root, first["loc"])[0])
    if first["type"] == "extra_forbidden":
        text = f"{key}: unknown key; known here: {', '.join(sorted(_keys(root, first['loc'][:-1])))}"
    elif first["type"] == "missing":
        text = f"{key}: missing"
    elif first["type"] == "model_type":
        known = ", ".join(sorted(_keys(root, first["loc"])))
        value = "nothing" if first["input"] is None else repr(first["input"])
        text = f"{key}: {value} is not a section; leave it out for its defaults; known in it: {known}"
    else:
        # A rule over several keys names the values in its message; its input is the whole section. A setting with `key`
        # in its name may hold a secret, in place of the name of its environment variable.
        hidden = isinstance(first["input"], dict) or "key" in key
        value = "" if hidden else f"{first['input']!r} is not allowed: "
        text = f"{key + ': ' if key else ''}{value}{first['msg'].removeprefix('Value error, ')}"
    return text + (f" (and {len(problems) - 1} more)" if len(problems) > 1 else "")


def _keys(root: type[BaseModel], location: Sequence[int | str]) -> set[str]:
    """Return the keys of the section at `location`."""
    return {name for model in _walk(root, location)[1] for name in model.model_fields}


def _walk(root: type[BaseModel], location: Sequence[int | str]) -> tuple[list[str], list[type[BaseModel]]]:
    """Follow a location; a part that is not a field is a mapping's key, or a union's tag, which no file has.

    Returns:
        The parts without tags, and the models that the section at `location` may have.
    """
    names, models = list[str](), [root]
    for part in location:
        fields = [model.model_fields[str(part)].annotation for model in models if str(part) in model.model_fields]
        tagged = [model for model in models if part in _kinds(model)]
        if fields or not tagged:
            names.append(str(part))
        models = [model for annotation in fields for model in _models(annotation)] or tagged or models
    return names, models


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for argument in get_args(annotation) for model in _models(argument)]


def _kinds(model: type[BaseModel]) -> set[object]:
    """Return the tags of a section: the defaults of fields that allow one value only."""
    return {field.default for field in model.model_fields.values() if get_args(field.annotation) == (field.default,)}


def _assign(settings: dict[str, object], keys: list[str], text: str, source: str) -> None:
    try:
        value = _parse(text)
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


def _parse(text: str) -> object:
    """Parse YAML whose anchors, written out, make at most `MAX_VALUES` values.

    Raises:
        yaml.YAMLError: The text is not YAML, nested too deeply, or larger.
    """
    try:
        value: object = yaml.safe_load(text)
        size = _size(value, {})
    except RecursionError:
        raise yaml.YAMLError("it is nested too deeply, or contains itself") from None
    if size > MAX_VALUES:
        raise yaml.YAMLError(f"its anchors stand for more than {MAX_VALUES:,} values")
    return value


def _size(value: object, known: dict[int, int]) -> int:
    """Return the number of values in a value; `known` has those of collections that several aliases name."""
    if not isinstance(value, dict | list | set | tuple):
        return 1
    if id(value) not in known:
        parts = [*value, *value.values()] if isinstance(value, dict) else value
        known[id(value)] = 1 + sum(_size(part, known) for part in parts)
    return known[id(value)]


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
