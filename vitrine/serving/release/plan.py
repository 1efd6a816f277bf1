"""The plan of a release, from the configuration file and the state of the servers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from vitrine.errors import ConfigError, DataError
from vitrine.saved_model.versions import find_versions
from vitrine.serving.release.label_moves import PREVIOUS, STABLE, Labels, State, transition_states
from vitrine.serving.release.model_entry import Entry, read_entry
from vitrine.serving.release.server_client import ModelServer
from vitrine.serving.release.waiting import read_statuses
from vitrine.serving_client.rest import Status


@dataclass(frozen=True)
class Release:
    """A planned release: the labels of a model before and after it, and the steps between them.

    Attributes:
        model: The name of the model.
        entry: The entry of the model in the file.
        after: The labels after the release.
        steps: The states to write, in this order; the file may have some of them already.
    """

    model: str
    entry: Entry
    after: Labels
    steps: tuple[State, State, State]

    @property
    def moved(self) -> Labels:
        """The labels that are new or move to another version."""
        before = self.entry.labels
        return {label: version for label, version in self.after.items() if before.get(label) != version}


def plan(
    text: str, file: Path, model: str, move: Callable[[Labels], Labels], servers: Sequence[ModelServer]
) -> tuple[Release, dict[str, dict[int, Status]]]:
    """Return the release that `move` makes of the labels of `model`, and the statuses of its versions by server.

    Nothing is written.

    Raises:
        ServeError, ConfigError: The file is malformed, has no such model, or `move` does not apply to its labels.
        DataError: A version does not exist; the message names those that do.
        NetworkError: A server does not respond.
    """
    entry = read_entry(text, file, model)
    try:
        after = move(entry.labels)
    except ConfigError as error:
        raise ConfigError(f"{file}: {model}: {error}") from None
    statuses = read_statuses(servers, model)
    serving = {
        version for server in statuses.values() for version, status in server.items() if status.state == "AVAILABLE"
    }
    # A rollback to a version that is not loaded is not possible.
    after = {label: version for label, version in after.items() if label != PREVIOUS or version in serving}
    loaded = serving if entry.versions is None else entry.versions
    release = Release(model, entry, after, transition_states(loaded, entry.labels, after))
    stable = after.get(STABLE)
    if stable not in {None, *serving, *release.moved.values()}:
        raise ConfigError(
            f"{file}: {model}: label stable is configured for version {stable}, which is not loaded; "
            "`vitrine release promote --version N` moves it to one that exists"
        )
    for version in release.moved.values():
        if version not in serving:
            _check_version_exists(entry.base_path, version)
    return release, statuses


def _check_version_exists(base_path: Path, version: int) -> None:
    """Raise DataError if the folder can be read from here and does not have `version`."""
    if base_path.is_dir() and version not in (versions := find_versions(base_path)):
        listed = ", ".join(map(str, sorted(versions))) or "none"
        raise DataError(f"{base_path} has no version {version}; it has {listed}")
