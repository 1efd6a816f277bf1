"""A model's entry in `models.config`: which versions it serves, and their labels."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from vitrine.errors import ConfigError
from vitrine.serving.config.model_config import parse_config


@dataclass(frozen=True)
class Entry:
    """What the file says of a model.

    Attributes:
        base_path: Where the server finds the versions: its directory, or a bucket's address.
        versions: Those that it is to serve; None where the policy is not `specific`.
        labels: Names for versions.
    """

    base_path: Path
    versions: frozenset[int] | None
    labels: Mapping[str, int]


def read_entry(text: str, file: Path, model: str) -> Entry:
    """The entry of `model` in `text`, which `file` holds.

    Raises:
        ServeError: It is malformed; names the file, the line and the fault.
        ConfigError: It lists no such model.
    """
    found = _find(parse_config(text, file), file, model)
    policy = found.model_version_policy
    specific = policy.WhichOneof("policy_choice") == "specific"
    versions = frozenset(policy.specific.versions) if specific else None
    return Entry(Path(found.base_path), versions, dict(found.version_labels))


def rewrite_entry(text: str, file: Path, model: str, versions: Set[int], labels: Mapping[str, int]) -> str:
    """Return `text` with other versions and labels of `model`, in the layout of protobuf's printer.

    All other fields are kept. Comments are lost, as protobuf's parser drops them.

    Raises:
        ServeError, ConfigError: As `read_entry`.
    """
    from google.protobuf import text_format  # type: ignore[import-untyped]

    config = parse_config(text, file)
    entry = _find(config, file, model)
    entry.model_version_policy.specific.versions[:] = sorted(versions)
    entry.version_labels.clear()
    entry.version_labels.update(labels)
    printed: str = text_format.MessageToString(config, as_utf8=True)
    return printed


def _find(config: Any, file: Path, model: str) -> Any:
    entries = config.model_config_list.config
    found = next((entry for entry in entries if entry.name == model), None)
    if found is None:
        names = ", ".join(entry.name for entry in entries)
        raise ConfigError(f"{file}: lists no model {model}; it lists {names or 'none'}")
    return found
