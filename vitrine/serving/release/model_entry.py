"""A model's entry in `models.config`: which versions it serves, and their labels."""

from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from vitrine.errors import ConfigError
from vitrine.serving.config.model_config import parse_config
from vitrine.serving.release.fields import Message, parse_fields, replace_fields

_POLICY: Final = "model_version_policy"
_LABELS: Final = "version_labels"


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
    config = parse_config(text, file)
    found = config.model_config_list.config[_index(config, file, model)]
    policy = found.model_version_policy
    specific = policy.WhichOneof("policy_choice") == "specific"
    versions = frozenset(policy.specific.versions) if specific else None
    return Entry(Path(found.base_path), versions, dict(found.version_labels))


def rewrite_entry(text: str, file: Path, model: str, versions: Set[int], labels: Mapping[str, int]) -> str:
    """`text` with other versions and labels of `model`, and everything else, comments included, as it was.

    Raises:
        ServeError, ConfigError: As `read_entry`; ConfigError also for a text that can be read but not rewritten.
    """
    expected = parse_config(text, file)
    index = _index(expected, file, model)
    entry = expected.model_config_list.config[index]
    entry.model_version_policy.specific.versions[:] = sorted(versions)
    entry.version_labels.clear()
    entry.version_labels.update(labels)
    listed = " ".join(f"versions: {version}" for version in sorted(versions))
    written = {
        _POLICY: [f"{_POLICY} {{ specific {{ {listed} }} }}"],
        _LABELS: [f'{_LABELS} {{ key: "{label}" value: {labels[label]} }}' for label in sorted(labels)],
    }
    rewritten = text
    for name, lines in written.items():
        rewritten = replace_fields(rewritten, _entries(rewritten)[index], name, lines)
    if parse_config(rewritten, file) != expected:  # it is production's file: not a word more than meant
        raise ConfigError(f"{file}: the entry of {model} cannot be rewritten; write each of its fields once, by itself")
    return rewritten


def _index(config: Any, file: Path, model: str) -> int:
    names = [entry.name for entry in config.model_config_list.config]
    if model not in names:
        raise ConfigError(f"{file}: lists no model {model}; it lists {', '.join(names) or 'none'}")
    return names.index(model)


def _entries(text: str) -> list[Message]:
    lists = [one for field in parse_fields(text).fields for one in field.messages if field.name == "model_config_list"]
    return [one for found in lists for field in found.fields for one in field.messages if field.name == "config"]
