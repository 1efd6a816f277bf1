"""The entry of a model in `models.config`: its served versions, and their labels."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from vitrine.errors import ConfigError
from vitrine.serving.config.model_config import parse_config

if TYPE_CHECKING:
    from tensorflow_serving.config import model_server_config_pb2


@dataclass(frozen=True)
class Entry:
    """The entry of a model.

    Attributes:
        base_path: The folder or bucket with the versions, as the server names it.
        versions: The versions to serve; None if the version policy is not `specific`.
        labels: The version of each label.
    """

    base_path: Path
    versions: frozenset[int] | None
    labels: Mapping[str, int]


def read_entry(text: str, file: Path, model: str) -> Entry:
    """Return the entry of `model` in `text`, the content of `file`.

    Raises:
        ServeError: The text is malformed; the message names the file, the line and the fault.
        ConfigError: The file lists no such model.
    """
    entry = _find(parse_config(text, file), file, model)
    policy = entry.model_version_policy
    specific = policy.WhichOneof("policy_choice") == "specific"
    versions = frozenset(policy.specific.versions) if specific else None
    return Entry(Path(entry.base_path), versions, dict(entry.version_labels))


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


def _find(
    config: "model_server_config_pb2.ModelServerConfig", file: Path, model: str
) -> "model_server_config_pb2.ModelConfig":
    entries = config.model_config_list.config
    entry = next((candidate for candidate in entries if candidate.name == model), None)
    if entry is None:
        names = ", ".join(candidate.name for candidate in entries)
        raise ConfigError(f"{file}: lists no model {model}; it lists {names or 'none'}")
    return entry
